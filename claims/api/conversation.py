"""What people say to each other about a claim: notes, replies asked of claimants, and who works on it."""

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet, Input, Instant, now
from claims.api.public_shapes import ErrorBody
from claims.api.rows import AssignmentRow, NoteRow, ReplyRow
from claims.choices import AssignmentRole
from claims.editing import claims as editing
from claims.editing import notes
from claims.models import Assignment, ReplyRequest, ReviewNote

REFUSED = {400: ErrorBody, 403: ErrorBody, 409: ErrorBody}


class NoteInput(Input):
    text = serializers.CharField(allow_blank=True)


class ReplyInput(Input):
    asked_of = serializers.CharField(allow_blank=True, max_length=200)
    how = serializers.CharField(allow_blank=True, max_length=200, help_text="By telephone, by e-mail …")
    asked_at = Instant(required=False, help_text="Now, unless told.")
    deadline_at = Instant(required=False, allow_null=True)


class AnswerInput(Input):
    answer = serializers.CharField(allow_blank=True)
    answered_at = Instant(required=False, help_text="Now, unless told.")


class AssignmentInput(Input):
    user = serializers.SlugRelatedField[User](
        slug_field="username", queryset=User.objects.filter(is_active=True), help_text="A colleague's user name."
    )
    role = serializers.ChoiceField(choices=AssignmentRole.choices)


@extend_schema(tags=["Notes and replies"])
class NoteViewSet(DeskViewSet):
    """Notes of the desk; never public."""

    queryset = ReviewNote.objects.select_related("author", "claim").defer("claim__search")
    serializer_class = NoteRow

    @extend_schema(operation_id="notes_list", summary="A claim's notes, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of notes, those of merged claims too; `claim` says whose each is."""
        return self.page(self.get_queryset().filter(claim__in=self.cluster()), NoteRow)

    @extend_schema(
        operation_id="notes_create", summary="Write a note", request=NoteInput, responses={201: NoteRow, **REFUSED}
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The new note."""
        made = notes.add_note(claim_id=self.claim().pk, **self.given(NoteInput), **self.acting())
        return Response(NoteRow(made).data, status=201)


@extend_schema(tags=["Notes and replies"])
class ReplyViewSet(DeskViewSet):
    """Right of reply: who was asked, and what they answered."""

    queryset = ReplyRequest.objects.select_related("by", "claim").defer("claim__search")
    serializer_class = ReplyRow

    @extend_schema(operation_id="replies_list", summary="Replies asked for, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of requests, those of merged claims too; `claim` says whose each is."""
        return self.page(self.get_queryset().filter(claim__in=self.cluster()), ReplyRow)

    @extend_schema(
        operation_id="replies_create",
        summary="Note that a reply was asked for",
        request=ReplyInput,
        responses={201: ReplyRow, **REFUSED},
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The new request."""
        acting = self.acting()
        given: dict[str, Any] = {"asked_at": acting["at"], "deadline_at": None, **self.given(ReplyInput)}
        made = notes.ask_reply(claim_id=self.claim().pk, **given, **acting)
        return Response(ReplyRow(made).data, status=201)

    @extend_schema(
        operation_id="replies_answer",
        summary="Note what was answered",
        request=AnswerInput,
        responses={200: ReplyRow, 404: ErrorBody, **REFUSED},
    )
    def answer(self, request: Request, pk: int) -> Response:
        """The request with its answer."""
        given = {"answered_at": now(), **self.given(AnswerInput)}
        notes.answer_reply(reply_id=pk, **given, **self.acting())
        return Response(ReplyRow(self.get_queryset().get(pk=pk)).data)


@extend_schema(tags=["Assignments"])
class AssignmentViewSet(DeskViewSet):
    """Who is asked to write or to review; it orders lists and bars nobody."""

    queryset = Assignment.objects.select_related("user", "by")
    serializer_class = AssignmentRow

    @extend_schema(operation_id="assignments_list", summary="Assignments, ended ones too, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of assignments."""
        return self.page(self.get_queryset().filter(claim=self.claim()), AssignmentRow)

    @extend_schema(
        operation_id="assignments_create",
        summary="Ask somebody to write or to review",
        request=AssignmentInput,
        responses={201: AssignmentRow, **REFUSED},
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The assignment; asking twice answers with the one that stands."""
        made = editing.assign(claim_id=self.claim().pk, **self.given(AssignmentInput), **self.acting())
        return Response(AssignmentRow(made).data, status=201)

    @extend_schema(
        operation_id="assignments_end",
        summary="End an assignment",
        request=AssignmentInput,
        responses={204: None, **REFUSED},
    )
    def end(self, request: Request, public_id: str) -> Response:
        """Nothing; one that does not stand is no error."""
        editing.unassign(claim_id=self.claim().pk, **self.given(AssignmentInput), **self.acting())
        return Response(status=204)
