-- Days are ordinals: 719163 is the first of 1970.
SELECT began, month, count(*) FROM (
  SELECT DISTINCT d.member_id, date_trunc('month', DATE '1970-01-01' + CAST(s.first_day - 719163 AS INTEGER)) AS began,
  date_trunc('month', DATE '1970-01-01' + CAST(d.day - 719163 AS INTEGER)) AS month
  FROM member_stats s JOIN member_day d ON d.member_id = s.member_id AND d.net_cents > 0
  WHERE s.first_day BETWEEN {first} AND {last} AND d.day BETWEEN {first} AND {last}
) GROUP BY 1, 2
