-- What each member of an audience spent before it was frozen; NULL in campaigns approved before this step.

ALTER TABLE campaign_audience ADD COLUMN before_cents INTEGER;
