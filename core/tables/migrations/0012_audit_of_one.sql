-- What one person or one machine did, the newest first, however much the others did.

CREATE INDEX audit_actor ON audit (actor, at);
