"""The demonstration, and the data that come with the library."""
