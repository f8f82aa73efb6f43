"""People who work here: users, their memberships and tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from cases.vocabulary import Role


class Users(BaseUserManager["User"]):
    """Finds people the way they sign in."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this user name, whatever its case."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """A colleague; deactivated, never deleted."""

    username = models.CharField(max_length=60, unique=True)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=8, default="en")
    is_organisation_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email", "name"]

    objects: ClassVar[Users] = Users()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.UniqueConstraint(Lower("username"), name="user_username_once"),
        ]

    @property
    def is_staff(self) -> bool:
        """Whether Django's read-only data browser lets this person in."""
        return self.is_active and self.is_organisation_admin

    def has_perm(self, perm: str, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Whether Django's data browser shows this; it only ever shows."""
        return self.is_staff and ".view_" in perm

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 - Django's signature
        """Whether Django's data browser lists this app."""
        return self.is_staff

    def get_full_name(self) -> str:
        """The person's name."""
        return self.name


class Membership(models.Model):
    """What a person may be for one brand, and in which team."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    team = models.ForeignKey("cases.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "brand"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]


class ApiToken(models.Model):
    """A program's bearer token with its person's rights; only its hash is kept."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    label = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)


class Notification(models.Model):
    """Something a person should look at, kept until they did."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notifications")
    kind = models.CharField(max_length=40)
    case = models.ForeignKey("cases.Case", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("cases.Post", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    escalation = models.ForeignKey(
        "cases.Escalation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-id"], name="notification_of_person")]


class Draft(models.Model):
    """What a person has begun to write in one case for one audience."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="drafts")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="drafts")
    audience = models.CharField(max_length=10)
    text = models.TextField()
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "case", "audience"], name="draft_once")]
