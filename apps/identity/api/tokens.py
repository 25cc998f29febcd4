"""API tokens of oneself and of the service accounts one answers for."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import SIGNED_IN, WriteSet
from apps.core.errors import Invalid
from apps.identity import selectors, services
from apps.identity.api.people import person_with
from apps.identity.api.shapes import IssuedToken, NewToken, TokenRow
from apps.identity.models import ApiToken
from apps.identity.who import user_of


class TokenSet(WriteSet):
    """Tokens; administrators see and can revoke everybody's."""

    required = {
        "list": SIGNED_IN,
        "retrieve": SIGNED_IN,
        "create": SIGNED_IN,
        "destroy": SIGNED_IN,
    }
    serializer_class = TokenRow
    filterset_fields = ("name",)
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Those this user may see."""
        return selectors.visible_tokens(user_of(self.request))

    @extend_schema(request=NewToken, responses={201: IssuedToken})
    def create(self, request: Request) -> Response:
        """Issue a token; its secret is in this answer and nowhere else, ever.

        So there is no Idempotency-Key here: the answer cannot be given again.
        """
        if "Idempotency-Key" in request.headers:
            raise Invalid(
                "A secret is shown once, so this request cannot be repeated by its key.",
                fields={"Idempotency-Key": "not heeded here"},
            )
        given, user = self.read(NewToken), user_of(request)
        for_whom = person_with(given["user"], field="user") if given["user"] else user
        token, secret = services.issue_token(
            user=for_whom,
            name=given["name"],
            scopes=given["scopes"],
            expires_at=given["expires_at"],
            at=timezone.now(),
            actor=user,
        )
        shown = IssuedToken(token, context={"secret": secret}).data
        where = f"{request.path}/{token.uuid}"
        return Response(shown, status=201, headers={"Location": where, "Cache-Control": "no-store"})

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, uuid: Any) -> Response:
        """Revoke a token."""
        services.revoke_token(token=self.get_object(), at=timezone.now(), actor=user_of(request))
        return Response(status=204)
