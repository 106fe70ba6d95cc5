"""E-mail: read as it comes in the world (reading, quotes, markup), fetched by IMAP, sent by SMTP."""
