"""What an admin changed of what a role may do. (Beside models.py, which asks for it: an agent knows what they may.)"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleAbility(models.Model):
    """Whether a role has an ability, where that is not as the desk ships. Null: it is again, and the row stays as
    what two admins who change it at once wait for each other by."""

    id = models.BigAutoField(primary_key=True)
    role = models.CharField(_("role"), max_length=10)
    ability = models.CharField(max_length=40)
    allowed = models.BooleanField(null=True, default=None)

    class Meta:
        verbose_name = _("ability of a role")
        verbose_name_plural = _("abilities of roles")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["role", "ability"], name="ability_once_per_role")
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.ability}: {self.allowed}"
