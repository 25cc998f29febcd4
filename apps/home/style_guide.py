"""The style guide: every component in both themes, for those who build pages."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.rest.permissions import SIGNED_IN
from apps.core.views import require
from apps.home import style_guide_samples as samples


@require(SIGNED_IN)
@require_safe
def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every component; only where the setting `style_guide` is on."""
    if not settings.STYLE_GUIDE:
        raise Http404
    at = timezone.now()
    return render(request, "home/style_guide.html", samples.everything(at))
