module.exports = { pool: { max: 20 } };
