module.exports = { pool: { max: 10 } };
