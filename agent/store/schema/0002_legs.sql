-- Live legs have a file of their own (agent/store/legfile).
DROP TABLE live_legs;
