"""The forms of complainants: plain questions, and words that are kept whatever characters are in them."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import errors
from cases.commands import moves
from cases.models import Category
from cases.rules import arrival
from cases.rules import text as texts
from cases.vocabulary import Wish
from cases.web.forms import FilesField, ManyFiles, area
from cases.web.tags import catalogue_text

MOST_FILES = 8
MOST_WORDS = 50_000


class Words(forms.CharField):
    """Somebody's words: characters that cannot be stored are replaced, never a reason to refuse."""

    def to_python(self, value: Any) -> str:
        """The words as they can be kept."""
        return str(super().to_python(texts.clean(str(value or ""))) or "")

    def validate(self, value: Any) -> None:
        """Something has to be there to read."""
        if self.required and texts.is_blank(value):
            raise forms.ValidationError(self.error_messages["required"], code="required")


class Files(FilesField):
    """Photos and papers; each is judged and stored when everything else is right."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            required=False,
            label=given.pop("label", _("Photos or files")),
            help_text=format_lazy(_("Up to {most}; photos, PDF, text, sound, video, 10 MB each."), most=MOST_FILES),
            widget=ManyFiles(
                attrs={"accept": "image/*,application/pdf,text/plain,audio/*,video/*,.docx,.xlsx,.odt,.eml"}
            ),
            **given,
        )

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files as they came, not too many."""
        files = super().clean(data, initial)
        if len(files) > MOST_FILES:
            raise forms.ValidationError(gettext("Send at most %(most)d files at once.") % {"most": MOST_FILES})
        return files


class Public(forms.Form):
    """What every form without an account has: a key that makes a second sending harmless, and a field for machines."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)
    subject_line = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.initial["once"] = uuid.uuid4()
        self.use_required_attribute = False

    def clean_once(self) -> uuid.UUID:
        """The form's key; a form without one gets its own."""
        once: uuid.UUID | None = self.cleaned_data.get("once")
        return once or uuid.uuid4()

    def clean_subject_line(self) -> str:
        """Nothing: what is here was written by a machine, or by a browser that wanted to help."""
        if self.cleaned_data["subject_line"]:
            raise forms.ValidationError(
                gettext("This field stays empty; it is there to catch machines. Clear it and send again.")
            )
        return ""

    def store(self) -> list[moves.Upload] | None:
        """The files, stored; or None when one is refused, which the form then says at its field."""
        uploads = []
        for file in self.cleaned_data.get("attachments", []):
            try:
                uploads.append(stored(file))
            except errors.FileRefused as refused:
                self.add_error("attachments", refused.message + " " + gettext("Choose the other files again, please."))
                return None
        return uploads


def stored(file: Any) -> moves.Upload:
    """One uploaded file, stored; what is too large is refused before it is read."""
    return moves.store(name=file.name or "", content=file.read(settings.FILE_MAX_BYTES + 1))


class ComplainForm(Public):
    """A complaint: what happened, what they want, how to reach them."""

    text = Words(
        label=_("What happened?"),
        help_text=_("In your own words. When, where, and an order number if you have one."),
        max_length=arrival.MAX_TEXT,
        widget=area(6),
        error_messages={"required": _("Tell us in a few words what happened.")},
    )
    wish = Words(required=False, label=_("What should we do about it?"), max_length=MOST_WORDS, widget=area(2))
    wanted = forms.ChoiceField(
        required=False,
        label=_("What matters most to you?"),
        choices=[("", _("I leave that open")), *Wish.choices],
        help_text=_("It helps us do the right thing first. It is no condition."),
    )
    category = forms.ChoiceField(required=False, label=_("What is it about?"))
    attachments = Files()
    is_anonymous = forms.BooleanField(required=False, label=_("I want to stay anonymous"))
    name = Words(
        required=False, label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        required=False,
        label=_("E-mail"),
        help_text=_("For a dated copy, and to tell you when we answer."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = Words(
        required=False,
        label=_("Telephone"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    is_for_other = forms.BooleanField(required=False, label=_("I write for somebody else"))
    on_behalf_of = Words(required=False, label=_("For whom?"), max_length=200, widget=forms.TextInput())
    mandate = Words(
        required=False,
        label=_("What lets you speak for them?"),
        help_text=_("For example: I am her daughter; he asked me to; I am their lawyer."),
        max_length=200,
        widget=forms.TextInput(),
    )

    def __init__(self, *args: Any, categories: list[Category], **given: Any) -> None:
        super().__init__(*args, **given)
        named = [(one.code, catalogue_text(one.label)) for one in categories]
        self.fields["category"].choices = [("", gettext("Something else, or I am not sure")), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Whoever stays anonymous leaves no name; whoever speaks for somebody says for whom and why they may."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("is_anonymous"):
            given |= {"name": "", "email": "", "phone": ""}
            self.errors.pop("email", None)
        if not given.get("is_for_other"):
            given |= {"on_behalf_of": "", "mandate": ""}
            return given
        if not given.get("on_behalf_of"):
            self.add_error("on_behalf_of", gettext("Say for whom you write."))
        if not given.get("mandate"):
            self.add_error("mandate", gettext("Say in a few words why you may speak for them."))
        return given


class ClaimForm(Public):
    """Words, a name and a way to reach whoever follows an invitation."""

    text = Words(
        label=_("Your message"),
        help_text=_("What we should know; an order number, for example, that nobody else can know."),
        max_length=MOST_WORDS,
        widget=area(5),
        error_messages={"required": _("Write a few words so that we know it is you.")},
    )
    name = Words(
        required=False, label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    contact = Words(
        required=False,
        label=_("E-mail or telephone"),
        help_text=_("Only for this. With an e-mail address we can tell you when we answer."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email"}),
    )
    attachments = Files()


class MessageForm(Public):
    """What the complainant writes on their private page."""

    text = Words(
        label=_("Write to us"),
        max_length=MOST_WORDS,
        widget=area(3),
        error_messages={"required": _("Write something first; nothing was sent.")},
    )
    attachments = Files(label=_("Photos or files"))
