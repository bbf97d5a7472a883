'use strict';

const { ZenWallet } = require('./client');
const { classes } = require('./errors');

// `require` gives the class itself; everything else hangs on it.
module.exports = Object.assign(ZenWallet, classes, { ZenWallet, default: ZenWallet });
