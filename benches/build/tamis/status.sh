exec tamis build --dry-run
