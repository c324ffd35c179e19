"""Service 服务: what staff do for one member: winning them back, planned contacts."""
