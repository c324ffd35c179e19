WITH visit AS (
  SELECT member_id, day, lead(day) OVER w AS next, lag(day) OVER w AS before FROM member_day
  WHERE net_cents > 0 AND day BETWEEN {first} - {silent} - 1 AND {last} WINDOW w AS (PARTITION BY member_id ORDER BY day)
), spell AS (
  SELECT v.day, CASE WHEN v.next <= v.day + {silent} THEN v.next ELSE v.day + {silent} + 1 END AS until, count(*) AS many,
  sum(CASE WHEN v.before >= v.day - {silent} THEN 0 WHEN v.before IS NOT NULL OR t.first_day < v.day THEN 1 ELSE 0 END)
  AS back FROM visit v JOIN member_stats t ON t.member_id = v.member_id GROUP BY 1, 2
)
SELECT day, sum(many), sum(back), 0, 0 FROM spell GROUP BY day
UNION ALL SELECT until, 0, 0, sum(many), sum(CASE WHEN until = day + {silent} + 1 THEN many ELSE 0 END) FROM spell GROUP BY until
