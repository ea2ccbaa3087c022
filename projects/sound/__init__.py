"""The sound of a film: files taken in, mixed as long as the film is, drawn as waves, listened to for beats."""
