ALTER TABLE stock_move DROP CONSTRAINT stock_move_kind_check;
ALTER TABLE stock_move ADD CONSTRAINT stock_move_kind_check
  CHECK (kind IN ('in', 'sale', 'refund', 'count', 'waste', 'reward', 'sent', 'arrived'));
