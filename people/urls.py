"""/settings/ so far as it is about people; inbox.setup adds its own pages beside these."""

from django.urls import path, re_path

from people.views import abilities, agents, keys, me, notices, teams

app_name = "settings"

urlpatterns = [
    path("", me.profile, name="profile"),
    path("language/", me.language, name="language"),
    path("presence/", me.presence, name="presence"),
    path("notices/", notices.settings, name="notices"),
    path("security/", me.security, name="security"),
    path("security/sessions/<int:session_id>/end/", me.end_session, name="end-session"),
    path("security/sessions/end-others/", me.end_other_sessions, name="end-other-sessions"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.new_key, name="key-new"),
    path("keys/<uuid:key_id>/revoke/", keys.revoke, name="key-revoke"),
    path("roles/", abilities.page, name="roles"),
    path("roles/<str:role>/<str:ability>/", abilities.change, name="role-change"),
    path("agents/", agents.agents, name="agents"),
    path("agents/new/", agents.new_agent, name="agent-new"),
    path("agents/<uuid:agent_id>/", agents.edit_agent, name="agent-edit"),
    re_path(
        r"^agents/(?P<agent_id>[0-9a-f-]{36})/(?P<what>disable|enable|invite|end-sessions|remove-second-factor)/$",
        agents.change_agent,
        name="agent-change",
    ),
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.new_team, name="team-new"),
    path("teams/<uuid:team_id>/", teams.edit_team, name="team-edit"),
    path("teams/<uuid:team_id>/delete/", teams.delete_team, name="team-delete"),
]
