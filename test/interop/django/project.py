"""A Django project with Django OAuth Toolkit, as its tutorial has it: passwords, and nothing for step-up."""

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

parties = json.loads(os.environ["PARTIES"])
issuer = parties["issuer"] + "/o"

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    AUTH_PASSWORD_VALIDATORS=[],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": parties["database"]}},
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    LOGIN_URL="/login/",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": issuer,
        "OIDC_RSA_PRIVATE_KEY": parties["key"],
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "Sign in", "bank": "Use the bank"},
    },
    # fast, for users of one run; the default takes a second for a password, and for the secret of a client
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=parties["secretKey"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402

urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("login/", LoginView.as_view(template_name="admin/login.html")),
    # the login page links to it
    path("admin/", admin.site.urls),
]


def register(client_id, grant):
    application = get_application_model()
    application.objects.create(
        client_id=client_id,
        client_secret=parties["secret"],
        client_type=application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=grant,
        redirect_uris=" ".join(parties["redirectUris"]),
        algorithm=application.RS256_ALGORITHM,
        skip_authorization=True,
    )


if __name__ == "__main__":
    sys.modules[settings.ROOT_URLCONF] = sys.modules[__name__]
    call_command("migrate", verbosity=0)
    for name, password in parties["users"].items():
        get_user_model().objects.create_user(name, password=password)
    for client_id in parties["webClients"]:
        register(client_id, get_application_model().GRANT_AUTHORIZATION_CODE)
    register("machine", get_application_model().GRANT_CLIENT_CREDENTIALS)
    call_command("runserver", parties["address"], use_reloader=False, verbosity=0)
