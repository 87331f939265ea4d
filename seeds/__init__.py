"""What a new installation starts with: data files that `manage.py load_seeds` reads, and the demo's press site."""
