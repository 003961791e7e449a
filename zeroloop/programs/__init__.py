"""One typed language of small programs: its terms, what they come to, and how they are written in three languages."""
