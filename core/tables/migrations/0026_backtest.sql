-- Insight: each month's back-test of the forecast, and what a warning says of falling spend, points and stored value.

CREATE TABLE backtest (
  day INTEGER NOT NULL,
  horizon_days INTEGER NOT NULL,
  members INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('L0', 'L1', 'L2')),
  auc_days_bp INTEGER,
  auc_rfm_bp INTEGER,
  auc_mbg_bp INTEGER,
  auc_lr_bp INTEGER,
  brier_mbg_bp INTEGER,
  brier_lr_bp INTEGER,
  first_half_bp INTEGER,
  expected_visitors INTEGER,
  visitors INTEGER NOT NULL,
  season_bp INTEGER,
  at INTEGER NOT NULL,
  PRIMARY KEY (day, horizon_days)
);

ALTER TABLE churn_warning ADD COLUMN sign TEXT NOT NULL DEFAULT 'rhythm';
ALTER TABLE churn_warning ADD COLUMN chance_before_bp INTEGER;
ALTER TABLE churn_warning ADD COLUMN back_days INTEGER;
ALTER TABLE churn_warning ADD COLUMN points INTEGER;
ALTER TABLE churn_warning ADD COLUMN points_days INTEGER;
ALTER TABLE churn_warning ADD COLUMN wallet_cents INTEGER;
ALTER TABLE churn_warning ADD COLUMN wallet_days INTEGER;
ALTER TABLE churn_warning ADD COLUMN basket_cents INTEGER;
ALTER TABLE churn_warning ADD COLUMN last_basket_cents INTEGER;
