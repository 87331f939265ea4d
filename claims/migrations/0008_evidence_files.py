"""What an uploaded file was called, what it is, and how large; its bytes lie under their hash as before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0007_look_again_kinds")]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="file_name",
            field=models.CharField(blank=True, help_text="As it was called, made safe; never public.", max_length=120),
        ),
        migrations.AddField(
            model_name="evidence",
            name="file_type",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="evidence",
            name="file_size",
            field=models.PositiveIntegerField(blank=True, help_text="In bytes.", null=True),
        ),
    ]
