"""Where inputs are downloaded from: package indexes, the hub, Debian, archives."""
