// Ten connections with prepared statements. Moments stay the text that they come as.

import pg from "pg";

const MOMENT = 1184;
pg.types.setTypeParser(MOMENT, (text) => text);

// pg was faster here than postgres.js, which was tried.
const pool = new pg.Pool({ connectionString: process.env.DATABASE, max: 10 });
const names = new Map();

export const query = async (text, values) => {
  let name = names.get(text);
  if (!name) names.set(text, (name = `s${names.size}`));
  return (await pool.query({ name, text, values })).rows;
};
