"""The pages of allauth that this desk has: no signing up, no addresses of one's own, no social log-in."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

second_factor = [
    # allauth returns to its own overview; ours is the security page.
    path("", RedirectView.as_view(pattern_name="settings:security"), name="mfa_index"),
    path("authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("totp/", include("allauth.mfa.totp.urls")),
    path("recovery-codes/", include("allauth.mfa.recovery_codes.urls")),
]

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("language/", set_language, name="set_language"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include(second_factor)),
    path("sessions/", RedirectView.as_view(pattern_name="settings:security"), name="usersessions_list"),
]
