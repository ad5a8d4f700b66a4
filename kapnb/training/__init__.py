"""A trainee's session: read an invented case, commit to a judgment, and only then see what the article would say."""
