"""A live session: a supervisor opens a room, phones join by its code, and everything moves step by step under the desk's key."""
