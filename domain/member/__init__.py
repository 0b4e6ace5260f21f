"""People: fans (粉丝) and members (会员), their identities, cards and profiles."""
