"""What `video-ktr doctor --config` looks at before hours are spent, one check a file."""
