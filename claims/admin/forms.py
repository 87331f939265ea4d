"""The forms of the editors' side. They check shape only; the operations check the rest and name the fields."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from claims.choices import (
    AssignmentRole,
    ChangeType,
    ClaimantKind,
    ClaimKind,
    DeclineReason,
    MediaAuthenticity,
    Priority,
    Role,
    Stance,
)
from claims.models import Claim, Claimant, Rating, Topic

_MINUTES = "%Y-%m-%dT%H:%M"


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class MinuteField(forms.DateTimeField):
    """An instant to the minute, typed in the newsroom's time zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MINUTES)
        super().__init__(widget=widget, input_formats=[_MINUTES, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)


class WebField(forms.URLField):
    """An address; one typed without a scheme is taken for https."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", **kwargs})


class DayField(forms.DateField):
    """A calendar day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class ClaimantField(forms.CharField):
    """A claimant by name, as the list beside it offers them; the name alone serves where it is one person's."""

    def clean(self, value: Any) -> Claimant | None:
        """The claimant of that name. Raises ValidationError with what to do where there is none, or several."""
        text = super().clean(value)
        if not text:
            return None
        name, _, job = text.removesuffix(")").rpartition(" (") if text.endswith(")") else (text, "", "")
        found = list(Claimant.objects.filter(Q(name=name, job_title=job) | Q(name=text))[:2])
        if not found:
            raise forms.ValidationError("No claimant is called this. Add the claimant first, or choose from the list.")
        exact = [item for item in found if str(item) == text]
        if len(found) > 1 and len(exact) != 1:
            raise forms.ValidationError("Several claimants are called this. Choose one from the list.")
        return exact[0] if exact else found[0]


class OtherClaimField(forms.CharField):
    """Another claim by its id, or by the address of its page."""

    def clean(self, value: Any) -> Claim | None:
        """The claim. Raises ValidationError where there is none."""
        text = str(super().clean(value)).strip().rstrip("/").rpartition("/")[2]
        if not text:
            return None
        found = Claim.objects.with_public_status().filter(public_id=text).first()
        if found is None:
            raise forms.ValidationError("No claim has this id. Copy the address of the other claim's page.")
        return found


class ClaimForm(forms.Form):
    """What an editor gives of a claim."""

    statement = forms.CharField(
        max_length=500,
        widget=_area(3),
        help_text="One checkable statement in the desk's own words, up to 500 characters.",
    )
    original_text = forms.CharField(
        label="Original words", required=False, widget=_area(3), help_text="As they were said, if they were recorded."
    )
    claimant = ClaimantField(required=False, widget=forms.TextInput(attrs={"list": "claimants", "autocomplete": "off"}))
    claimed_on = DayField(label="Made on", required=False)
    kind = forms.ChoiceField(label="Kind of claim", choices=ClaimKind.choices)
    language = forms.CharField(max_length=35, help_text="BCP 47, such as en or pt-BR.")
    location = forms.CharField(max_length=200, required=False)
    context = forms.CharField(required=False, widget=_area(3), help_text="What a reader must know to understand it.")
    selection_reason = forms.CharField(label="Why we check it", required=False, widget=_area(2))
    priority = forms.ChoiceField(choices=Priority.choices)
    due_at = MinuteField(label="Due", required=False)
    translation_of = OtherClaimField(
        label="Says in another language",
        required=False,
        help_text="The id of the claim that this one translates, or the address of its page.",
    )
    topics = forms.ModelMultipleChoiceField(
        queryset=Topic.objects.order_by("slug"), required=False, widget=forms.CheckboxSelectMultiple
    )


class ClaimantForm(forms.Form):
    """What an editor gives of a claimant."""

    name = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=ClaimantKind.choices)
    job_title = forms.CharField(label="Function", max_length=200, required=False)
    same_as = forms.CharField(
        label="Known elsewhere as",
        required=False,
        widget=_area(3),
        help_text="Addresses that identify them, such as an encyclopaedia's; one per line.",
    )
    living = forms.BooleanField(required=False, help_text="A living, named claimant is owed a right of reply.")


class VerdictForm(forms.Form):
    """The text of a revision. The rating's choices are given by the page."""

    rating = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    headline = forms.CharField(max_length=200, required=False)
    summary = forms.CharField(required=False, widget=_area(3), help_text="The finding in two or three sentences.")
    explanation = forms.CharField(
        required=False,
        widget=_area(16),
        help_text="Markdown: *emphasis*, **strong**, lists, > quotation, [link](https://…).",
    )
    byline = forms.CharField(max_length=200, required=False)
    media_authenticity = forms.ChoiceField(
        label="Kind of content",
        choices=[("", "Not said yet"), *MediaAuthenticity.choices],
        required=False,
        help_text="Published as MediaReview, for those who look for pictures and films.",
    )

    def __init__(
        self, *args: Any, ratings: list[Rating], revising: bool, public: bool, media: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not media:
            del self.fields["media_authenticity"]
        rating = self.fields["rating"]
        assert isinstance(rating, forms.ChoiceField)
        rating.choices = [("", "Not rated yet"), *((str(r.pk), r.name()) for r in ratings)]
        if revising:
            self.fields["change_type"] = forms.ChoiceField(
                label="Kind of change", choices=[(c.value, c.label) for c in fitting_changes(live=public)]
            )
            self.fields["public_note"] = forms.CharField(
                label="Public note", required=False, widget=_area(2), help_text="What changed and why, for the public."
            )


class EvidenceForm(forms.Form):
    """What an editor says of a source."""

    stance = forms.ChoiceField(label="This source", choices=Stance.choices)
    quote = forms.CharField(
        label="Quotation", required=False, widget=_area(2), help_text="Word for word from the page."
    )
    note = forms.CharField(
        label="What it shows", required=False, widget=_area(2), help_text="In our own words; it is published."
    )
    archive_url = forms.CharField(
        label="Archive address",
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://web.archive.org/…"}),
    )
    is_primary = forms.BooleanField(label="Primary source", required=False)


class LinkForm(EvidenceForm):
    """A web page as evidence."""

    url = forms.CharField(label="Address", widget=forms.URLInput(attrs={"placeholder": "https://…"}))
    title = forms.CharField(max_length=500, required=False, help_text="Serves until our own copy has been read.")
    field_order = ("url", "title", "stance", "quote", "note", "archive_url", "is_primary")


class StatementForm(EvidenceForm):
    """What somebody told the desk, as evidence."""

    stated_by = forms.CharField(label="Who said it", max_length=200)
    stated_at = MinuteField(label="When")
    stated_how = forms.CharField(label="How", max_length=200, help_text="By telephone, by e-mail, at a briefing …")
    field_order = ("stated_by", "stated_at", "stated_how", "stance", "quote", "note", "archive_url", "is_primary")


class FileForm(EvidenceForm):
    """An uploaded file as evidence."""

    file = forms.FileField(
        help_text="PDF, image, sound, film, text or office document, up to 25 MB. Readers see its hash and your note, "
        "not the file or its name."
    )
    field_order = ("file", "stance", "quote", "note", "archive_url", "is_primary")


class CiteForm(forms.Form):
    """Coverage as evidence: the stance must be said."""

    stance = forms.ChoiceField(label="This source", choices=[("", "Choose …"), *Stance.choices])
    quote = forms.CharField(label="Quotation", required=False, widget=_area(2))
    note = forms.CharField(label="What it shows", required=False, widget=_area(2))


class KeepForm(forms.Form):
    """What a kept page does with the claim; nobody has to say. Undo takes back what was said."""

    stance = forms.ChoiceField(label="This page", choices=[("", "Stance not said"), *Stance.choices], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get("stance"):
            self.fields["stance"] = forms.ChoiceField(label="This page", choices=Stance.choices)


class ReasonForm(forms.Form):
    """A reason that nobody can go without."""

    reason = forms.CharField(widget=_area(2))


class WaiverForm(ReasonForm):
    """Why a checklist line is not met."""

    public = forms.BooleanField(label="Publish this reason with the verdict", required=False)


class NoteForm(forms.Form):
    """A note for colleagues."""

    text = forms.CharField(label="Note for colleagues", widget=_area(2), help_text="Never public.")


class ReplyForm(forms.Form):
    """The request for a reply, as it was made."""

    asked_of = forms.CharField(label="Whom we asked", max_length=200)
    how = forms.CharField(label="How", max_length=200, help_text="By e-mail to the press office, by telephone …")
    asked_at = MinuteField(label="When")
    deadline_at = MinuteField(label="Reply wanted by", required=False)


class AnswerForm(forms.Form):
    """What was answered."""

    answer = forms.CharField(widget=_area(3))
    answered_at = MinuteField(label="When")


class AssignForm(forms.Form):
    """Who is asked to do what."""

    user = forms.ModelChoiceField(label="Colleague", queryset=User.objects.none())
    role = forms.ChoiceField(label="As", choices=AssignmentRole.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        desk = [role.value for role in Role if role != Role.ADMINISTRATOR]
        field.queryset = User.objects.filter(is_active=True, groups__name__in=desk).distinct().order_by("username")


class AppearanceForm(forms.Form):
    """Where the claim was made."""

    url = forms.CharField(label="Address", required=False, widget=forms.URLInput(attrs={"placeholder": "https://…"}))
    description = forms.CharField(label="Or in words", max_length=300, required=False)
    quote = forms.CharField(label="Quotation", required=False, widget=_area(2))
    is_first = forms.BooleanField(label="This is where it was first made", required=False)


class AliasForm(forms.Form):
    """Another wording."""

    text = forms.CharField(label="Another wording", max_length=500)


class CommentForm(forms.Form):
    """A comment that may be left out."""

    comment = forms.CharField(required=False, widget=_area(2), help_text="Optional; colleagues read it in the history.")


class ReturnForm(forms.Form):
    """What must change before the revision can pass."""

    comment = forms.CharField(label="What must change", widget=_area(3))


class DeclineForm(forms.Form):
    """Why the claim is left unchecked."""

    reason = forms.ChoiceField(choices=[("", "Choose …"), *DeclineReason.choices])
    explanation = forms.CharField(required=False, widget=_area(2))
    already_checked_url = forms.CharField(
        label="Where it was checked", required=False, widget=forms.URLInput(attrs={"placeholder": "https://…"})
    )


class MergeForm(forms.Form):
    """Which claim says the same."""

    into = OtherClaimField(label="The claim that says the same", help_text="Its id, or the address of its page.")


class ReviseForm(forms.Form):
    """What kind of change is made to what is public, and why."""

    change_type = forms.ChoiceField(label="Kind of change", choices=[])
    public_note = forms.CharField(
        label="Public note", widget=_area(2), help_text="What changes and why. Readers see it with its date."
    )

    def __init__(self, *args: Any, live: bool | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["change_type"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(c.value, c.label) for c in fitting_changes(live=live)]


class ScheduleForm(forms.Form):
    """When the approved revision becomes public, typed in the newsroom's time."""

    publish_at = MinuteField(label="Publish at")
    embargo_until = MinuteField(
        label="Under embargo until",
        required=False,
        help_text="If a time was agreed with somebody: nobody can publish it by hand before.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publish_at"].help_text = f"Times are {timezone.get_current_timezone_name()}."


class UnscheduleForm(forms.Form):
    """Why there is no time any more."""

    reason = forms.CharField(required=False, widget=_area(2), help_text="Optional. An embargo is lifted with it.")


def fitting_changes(*, live: bool | None) -> list[ChangeType]:
    """The kinds of change to what is live, or was retracted; all of them where that is not known."""
    to_live = [ChangeType.CLARIFICATION, ChangeType.CORRECTION, ChangeType.RATING_CHANGE]
    to_retracted = [ChangeType.REINSTATEMENT]
    return to_live + to_retracted if live is None else to_live if live else to_retracted


class RetractionForm(forms.Form):
    """Why the verdict should go, for the public."""

    public_note = forms.CharField(label="Public reason", widget=_area(2))
    superseded_by = OtherClaimField(
        label="Claim whose verdict stands instead", required=False, help_text="Only when a duplicate is retracted."
    )


class CloseItemForm(forms.Form):
    """How a look-again item ended."""

    note = forms.CharField(label="What you found", required=False, max_length=500)
    dismissed = forms.BooleanField(label="Nothing to do", required=False)
