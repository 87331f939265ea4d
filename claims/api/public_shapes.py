"""The shapes of public answers and of refusals, for the API's description. Nothing is serialised through them."""

from rest_framework import serializers

from claims.choices import ChangeType, EvidenceKind, MediaAuthenticity, PublicationKind, QuoteFound, Stance


class ErrorBody(serializers.Serializer[object]):
    """Every failure, whoever refused."""

    code = serializers.CharField(help_text="Stable; for programs.")
    message = serializers.CharField(help_text="What happened and what to do next; for people.")
    fields = serializers.DictField(  # type: ignore[assignment]  # DRF takes declared fields off the class
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="By name of the input at fault. For `stale_write`: what stands now, then what was refused.",
    )
    details = serializers.DictField(required=False, help_text="More for programs, such as the reason of a retraction.")
    request_id = serializers.CharField(help_text="Names the request in our logs.")


class PublicClaimant(serializers.Serializer[object]):
    name = serializers.CharField()
    kind = serializers.CharField()
    job_title = serializers.CharField()
    same_as = serializers.ListField(child=serializers.URLField())


class PublicTopic(serializers.Serializer[object]):
    slug = serializers.CharField()
    name = serializers.CharField()


class PublicAppearance(serializers.Serializer[object]):
    url = serializers.URLField(allow_null=True)
    title = serializers.CharField()
    outlet = serializers.CharField(allow_null=True)
    quote = serializers.CharField()
    first = serializers.BooleanField()


class PublicClaim(serializers.Serializer[object]):
    statement = serializers.CharField()
    original_text = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47.")
    kind = serializers.CharField()
    claimant = PublicClaimant(allow_null=True)
    claimed_on = serializers.DateField(allow_null=True)
    location = serializers.CharField()
    context = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    topics = PublicTopic(many=True)
    appearances = PublicAppearance(many=True)


class PublicScale(serializers.Serializer[object]):
    slug = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    worst = serializers.IntegerField()
    best = serializers.IntegerField()


class PublicRating(serializers.Serializer[object]):
    slug = serializers.CharField()
    name = serializers.CharField()
    definition = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="0 false to 1 true; null lies not on that axis.")
    colour = serializers.CharField()
    scale = PublicScale()


class PublicText(serializers.Serializer[object]):
    rating = PublicRating(allow_null=True)
    headline = serializers.CharField()
    summary = serializers.CharField()
    explanation_html = serializers.CharField(help_text="Holds set text and links only.")
    explanation_text = serializers.CharField()
    byline = serializers.CharField()
    media_authenticity = serializers.ChoiceField(
        choices=MediaAuthenticity.choices, allow_null=True, help_text="Null unless the claim is about media."
    )
    change_type = serializers.ChoiceField(choices=ChangeType.choices)
    public_note = serializers.CharField()


class PublicCopy(serializers.Serializer[object]):
    sha256 = serializers.CharField()
    captured_at = serializers.DateTimeField()


class PublicEvidence(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=EvidenceKind.choices)
    stance = serializers.ChoiceField(choices=Stance.choices)
    quote = serializers.CharField()
    quote_found = serializers.ChoiceField(choices=QuoteFound.choices)
    note = serializers.CharField()
    primary = serializers.BooleanField()
    accessed_at = serializers.DateTimeField()
    archive_url = serializers.URLField(allow_null=True)
    copy = PublicCopy(allow_null=True)
    url = serializers.URLField(required=False)
    title = serializers.CharField(required=False)
    outlet = serializers.CharField(required=False)
    published_at = serializers.DateTimeField(required=False, allow_null=True)
    file_sha256 = serializers.CharField(required=False)
    stated_by = serializers.CharField(required=False)
    stated_at = serializers.DateTimeField(required=False)
    stated_how = serializers.CharField(required=False)


class PublicWaiver(serializers.Serializer[object]):
    line = serializers.CharField()
    reason = serializers.CharField()


class PublicCorrection(serializers.Serializer[object]):
    version = serializers.IntegerField()
    type = serializers.ChoiceField(choices=ChangeType.choices)
    note = serializers.CharField()
    at = serializers.DateTimeField()


class PublicPublisher(serializers.Serializer[object]):
    name = serializers.CharField()
    url = serializers.URLField()


class PublicDocument(serializers.Serializer[object]):
    """What was approved, byte for byte."""

    schema = serializers.CharField()
    id = serializers.CharField()
    url = serializers.URLField()
    version = serializers.IntegerField()
    retracted = serializers.BooleanField()
    claim = PublicClaim()
    verdict = PublicText()
    evidence = PublicEvidence(many=True)
    independent_outlets = serializers.IntegerField()
    waivers = PublicWaiver(many=True)
    corrections = PublicCorrection(many=True)
    publisher = PublicPublisher()
    licence = serializers.CharField()
    superseded_by = serializers.CharField(required=False)
    translation_of = serializers.CharField(required=False, help_text="The id of the claim that this one translates.")
    claim_review = serializers.DictField(help_text="schema.org ClaimReview.")


class PublicTranslation(serializers.Serializer[object]):
    id = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47.")
    url = serializers.URLField(help_text="The public page.")


class PublicVerdict(serializers.Serializer[object]):
    """A version of a claim's public document, in an envelope of what only publishing knows."""

    id = serializers.CharField()
    version = serializers.IntegerField(help_text="Counts from 1 per claim, without a gap.")
    sequence = serializers.IntegerField(help_text="Counts every publication of the desk, without a gap.")
    status = serializers.ChoiceField(choices=["live", "superseded", "retracted"])
    kind = serializers.ChoiceField(choices=PublicationKind.choices)
    change_type = serializers.ChoiceField(choices=ChangeType.choices)
    published_at = serializers.DateTimeField()
    valid_to = serializers.DateTimeField(
        allow_null=True, help_text="When the next version took over; null for the newest."
    )
    translations = PublicTranslation(many=True, help_text="Live verdicts on the same claim in other languages.")
    document = PublicDocument()


class PublicChange(serializers.Serializer[object]):
    """One publication as the feed gives it."""

    sequence = serializers.IntegerField(help_text="Go on from the last one seen. No gap, never twice.")
    id = serializers.CharField()
    version = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=PublicationKind.choices, help_text="A tombstone takes the verdict back.")
    change_type = serializers.ChoiceField(choices=ChangeType.choices)
    note = serializers.CharField(help_text="What was changed and why, for readers.")
    at = serializers.DateTimeField()
    document = PublicDocument(allow_null=True, help_text="Null once the version was erased for legal reasons.")


class PublicChanges(serializers.Serializer[object]):
    """A page of the change feed."""

    feed_epoch = serializers.UUIDField(help_text="Another one after the desk was restored from a copy: read from 0.")
    head = serializers.IntegerField(help_text="The last number given out. Read on while the last one seen is below it.")
    next = serializers.URLField(help_text="Where to go on, now or later.")
    changes = PublicChange(many=True)
