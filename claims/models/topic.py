"""Topics: what claims are about."""

from django.db import models


class Topic(models.Model):
    """A subject that claims are filed under; labels are `{language: {name, definition}}`."""

    slug = models.SlugField(max_length=60, unique=True)
    labels = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name()

    def name(self, language: str = "en") -> str:
        """The topic's name in the language, else in English, else its slug."""
        label = self.labels.get(language) or self.labels.get("en") or {}
        return str(label.get("name") or self.slug)
