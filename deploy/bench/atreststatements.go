package main

import (
	"crypto/md5" //nolint:gosec // ids that PostgreSQL makes the same way
	"encoding/hex"
)

func md5Of(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// made is a part of the year: rows $1 to $2 of those of $3 sites, from the instant $4 on, $5 ms apart; $6 to $9 are bodies. Every fiftieth row is of site
// 0. Of a hundred rows 45 are doors, 30 calls and 24 devices that came; of ten thousand, four are alarms.
const made = `WITH made AS (
	SELECT i, $4::bigint + i * $5::bigint AS at, CASE WHEN i % 50 = 0 THEN 0 ELSE (i * 7919) % $3::bigint END AS s,
		CASE WHEN i % 2500 = 0 THEN 2 WHEN i / 50 % 100 < 45 THEN 0 WHEN i / 50 % 100 < 75 THEN 1 ELSE 3 END AS what, length($6::bytea) + length($7::bytea) + length($8::bytea) + length($9::bytea) AS used
	FROM generate_series($1::bigint, $2::bigint) AS i
), rows AS (
	SELECT made.*, bench_sites.*, md5('device ' || s || ' ' || i / 50 % 12)::uuid AS device, md5('apartment ' || s || ' ' || i / 50 % 60)::uuid AS home, md5(i::text) AS random
	FROM made JOIN bench_sites ON n = s
) `

// restStatements write a part of the year as the cloud would have: the log and the call history.
var restStatements = []string{
	made + `INSERT INTO events SELECT at, agent, epoch, CASE what WHEN 3 THEN 2 ELSE 1 END, i + 1, site, (ARRAY['door_log', 'call', 'alarm', 'device_status'])[what + 1],
		at - 500, i, decode(random, 'hex'), true, (ARRAY[$6::bytea, $7::bytea, $8::bytea, $9::bytea])[what + 1], decode(random, 'hex'),
		decode(random || random, 'hex'), decode(random || random, 'hex'), 0, device, CASE WHEN what < 2 THEN home END, '\xa0'::bytea FROM rows`,
	made + `INSERT INTO calls SELECT md5('call' || i)::uuid, site, agent, epoch, i + 1, at, at - 500,
		'door ' || (i / 50 % 12) || ' ' || (ARRAY['kowalski', 'becker', 'costa', 'dubois', 'eriksen', 'fischer', 'garcia', 'hoffmann', 'ivanova', 'jansen'])[1 + (i / 5000 % 10)],
		device, 'Door ' || (i / 50 % 12), home, (i / 50 % 60)::text, (i / 50 % 60)::text, NULL, '', NULL, '', 'no_answer',
		(ARRAY['nobody_home', 'answered', 'caller_gave_up'])[1 + (i / 50 % 3)], 30000, true FROM rows WHERE what = 1`,
	made + `INSERT INTO call_devices SELECT site, device, md5('call' || i)::uuid, at - 500 FROM rows WHERE what = 1`,
}
