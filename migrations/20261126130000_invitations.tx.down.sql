DROP TABLE mails;

--bun:split

DROP TABLE confirmations;

--bun:split

DROP TABLE invitations;

--bun:split

DROP TABLE letters;
