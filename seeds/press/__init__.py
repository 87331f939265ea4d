"""The demo's press site: four fictional outlets on loopback, something to poll without the open web."""
