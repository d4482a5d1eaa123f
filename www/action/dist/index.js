var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __commonJS = (cb, mod) => function __require() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __export = (target, all) => {
  for (var name2 in all)
    __defProp(target, name2, { get: all[name2], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// node_modules/bottleneck/light.js
var require_light = __commonJS({
  "node_modules/bottleneck/light.js"(exports, module) {
    (function(global2, factory) {
      typeof exports === "object" && typeof module !== "undefined" ? module.exports = factory() : typeof define === "function" && define.amd ? define(factory) : global2.Bottleneck = factory();
    })(exports, (function() {
      "use strict";
      var commonjsGlobal = typeof globalThis !== "undefined" ? globalThis : typeof window !== "undefined" ? window : typeof global !== "undefined" ? global : typeof self !== "undefined" ? self : {};
      function getCjsExportFromNamespace(n) {
        return n && n["default"] || n;
      }
      var load = function(received, defaults, onto = {}) {
        var k, ref, v;
        for (k in defaults) {
          v = defaults[k];
          onto[k] = (ref = received[k]) != null ? ref : v;
        }
        return onto;
      };
      var overwrite = function(received, defaults, onto = {}) {
        var k, v;
        for (k in received) {
          v = received[k];
          if (defaults[k] !== void 0) {
            onto[k] = v;
          }
        }
        return onto;
      };
      var parser = {
        load,
        overwrite
      };
      var DLList;
      DLList = class DLList {
        constructor(incr, decr) {
          this.incr = incr;
          this.decr = decr;
          this._first = null;
          this._last = null;
          this.length = 0;
        }
        push(value) {
          var node;
          this.length++;
          if (typeof this.incr === "function") {
            this.incr();
          }
          node = {
            value,
            prev: this._last,
            next: null
          };
          if (this._last != null) {
            this._last.next = node;
            this._last = node;
          } else {
            this._first = this._last = node;
          }
          return void 0;
        }
        shift() {
          var value;
          if (this._first == null) {
            return;
          } else {
            this.length--;
            if (typeof this.decr === "function") {
              this.decr();
            }
          }
          value = this._first.value;
          if ((this._first = this._first.next) != null) {
            this._first.prev = null;
          } else {
            this._last = null;
          }
          return value;
        }
        first() {
          if (this._first != null) {
            return this._first.value;
          }
        }
        getArray() {
          var node, ref, results;
          node = this._first;
          results = [];
          while (node != null) {
            results.push((ref = node, node = node.next, ref.value));
          }
          return results;
        }
        forEachShift(cb) {
          var node;
          node = this.shift();
          while (node != null) {
            cb(node), node = this.shift();
          }
          return void 0;
        }
        debug() {
          var node, ref, ref1, ref2, results;
          node = this._first;
          results = [];
          while (node != null) {
            results.push((ref = node, node = node.next, {
              value: ref.value,
              prev: (ref1 = ref.prev) != null ? ref1.value : void 0,
              next: (ref2 = ref.next) != null ? ref2.value : void 0
            }));
          }
          return results;
        }
      };
      var DLList_1 = DLList;
      var Events;
      Events = class Events {
        constructor(instance) {
          this.instance = instance;
          this._events = {};
          if (this.instance.on != null || this.instance.once != null || this.instance.removeAllListeners != null) {
            throw new Error("An Emitter already exists for this object");
          }
          this.instance.on = (name2, cb) => {
            return this._addListener(name2, "many", cb);
          };
          this.instance.once = (name2, cb) => {
            return this._addListener(name2, "once", cb);
          };
          this.instance.removeAllListeners = (name2 = null) => {
            if (name2 != null) {
              return delete this._events[name2];
            } else {
              return this._events = {};
            }
          };
        }
        _addListener(name2, status2, cb) {
          var base;
          if ((base = this._events)[name2] == null) {
            base[name2] = [];
          }
          this._events[name2].push({ cb, status: status2 });
          return this.instance;
        }
        listenerCount(name2) {
          if (this._events[name2] != null) {
            return this._events[name2].length;
          } else {
            return 0;
          }
        }
        async trigger(name2, ...args) {
          var e, promises;
          try {
            if (name2 !== "debug") {
              this.trigger("debug", `Event triggered: ${name2}`, args);
            }
            if (this._events[name2] == null) {
              return;
            }
            this._events[name2] = this._events[name2].filter(function(listener) {
              return listener.status !== "none";
            });
            promises = this._events[name2].map(async (listener) => {
              var e2, returned;
              if (listener.status === "none") {
                return;
              }
              if (listener.status === "once") {
                listener.status = "none";
              }
              try {
                returned = typeof listener.cb === "function" ? listener.cb(...args) : void 0;
                if (typeof (returned != null ? returned.then : void 0) === "function") {
                  return await returned;
                } else {
                  return returned;
                }
              } catch (error) {
                e2 = error;
                {
                  this.trigger("error", e2);
                }
                return null;
              }
            });
            return (await Promise.all(promises)).find(function(x) {
              return x != null;
            });
          } catch (error) {
            e = error;
            {
              this.trigger("error", e);
            }
            return null;
          }
        }
      };
      var Events_1 = Events;
      var DLList$1, Events$1, Queues;
      DLList$1 = DLList_1;
      Events$1 = Events_1;
      Queues = class Queues {
        constructor(num_priorities) {
          var i;
          this.Events = new Events$1(this);
          this._length = 0;
          this._lists = (function() {
            var j, ref, results;
            results = [];
            for (i = j = 1, ref = num_priorities; 1 <= ref ? j <= ref : j >= ref; i = 1 <= ref ? ++j : --j) {
              results.push(new DLList$1((() => {
                return this.incr();
              }), (() => {
                return this.decr();
              })));
            }
            return results;
          }).call(this);
        }
        incr() {
          if (this._length++ === 0) {
            return this.Events.trigger("leftzero");
          }
        }
        decr() {
          if (--this._length === 0) {
            return this.Events.trigger("zero");
          }
        }
        push(job) {
          return this._lists[job.options.priority].push(job);
        }
        queued(priority) {
          if (priority != null) {
            return this._lists[priority].length;
          } else {
            return this._length;
          }
        }
        shiftAll(fn) {
          return this._lists.forEach(function(list2) {
            return list2.forEachShift(fn);
          });
        }
        getFirst(arr = this._lists) {
          var j, len, list2;
          for (j = 0, len = arr.length; j < len; j++) {
            list2 = arr[j];
            if (list2.length > 0) {
              return list2;
            }
          }
          return [];
        }
        shiftLastFrom(priority) {
          return this.getFirst(this._lists.slice(priority).reverse()).shift();
        }
      };
      var Queues_1 = Queues;
      var BottleneckError;
      BottleneckError = class BottleneckError extends Error {
      };
      var BottleneckError_1 = BottleneckError;
      var BottleneckError$1, DEFAULT_PRIORITY, Job, NUM_PRIORITIES, parser$1;
      NUM_PRIORITIES = 10;
      DEFAULT_PRIORITY = 5;
      parser$1 = parser;
      BottleneckError$1 = BottleneckError_1;
      Job = class Job {
        constructor(task, args, options, jobDefaults, rejectOnDrop, Events2, _states, Promise2) {
          this.task = task;
          this.args = args;
          this.rejectOnDrop = rejectOnDrop;
          this.Events = Events2;
          this._states = _states;
          this.Promise = Promise2;
          this.options = parser$1.load(options, jobDefaults);
          this.options.priority = this._sanitizePriority(this.options.priority);
          if (this.options.id === jobDefaults.id) {
            this.options.id = `${this.options.id}-${this._randomIndex()}`;
          }
          this.promise = new this.Promise((_resolve, _reject) => {
            this._resolve = _resolve;
            this._reject = _reject;
          });
          this.retryCount = 0;
        }
        _sanitizePriority(priority) {
          var sProperty;
          sProperty = ~~priority !== priority ? DEFAULT_PRIORITY : priority;
          if (sProperty < 0) {
            return 0;
          } else if (sProperty > NUM_PRIORITIES - 1) {
            return NUM_PRIORITIES - 1;
          } else {
            return sProperty;
          }
        }
        _randomIndex() {
          return Math.random().toString(36).slice(2);
        }
        doDrop({ error, message = "This job has been dropped by Bottleneck" } = {}) {
          if (this._states.remove(this.options.id)) {
            if (this.rejectOnDrop) {
              this._reject(error != null ? error : new BottleneckError$1(message));
            }
            this.Events.trigger("dropped", { args: this.args, options: this.options, task: this.task, promise: this.promise });
            return true;
          } else {
            return false;
          }
        }
        _assertStatus(expected) {
          var status2;
          status2 = this._states.jobStatus(this.options.id);
          if (!(status2 === expected || expected === "DONE" && status2 === null)) {
            throw new BottleneckError$1(`Invalid job status ${status2}, expected ${expected}. Please open an issue at https://github.com/SGrondin/bottleneck/issues`);
          }
        }
        doReceive() {
          this._states.start(this.options.id);
          return this.Events.trigger("received", { args: this.args, options: this.options });
        }
        doQueue(reachedHWM, blocked) {
          this._assertStatus("RECEIVED");
          this._states.next(this.options.id);
          return this.Events.trigger("queued", { args: this.args, options: this.options, reachedHWM, blocked });
        }
        doRun() {
          if (this.retryCount === 0) {
            this._assertStatus("QUEUED");
            this._states.next(this.options.id);
          } else {
            this._assertStatus("EXECUTING");
          }
          return this.Events.trigger("scheduled", { args: this.args, options: this.options });
        }
        async doExecute(chained, clearGlobalState, run2, free) {
          var error, eventInfo, passed;
          if (this.retryCount === 0) {
            this._assertStatus("RUNNING");
            this._states.next(this.options.id);
          } else {
            this._assertStatus("EXECUTING");
          }
          eventInfo = { args: this.args, options: this.options, retryCount: this.retryCount };
          this.Events.trigger("executing", eventInfo);
          try {
            passed = await (chained != null ? chained.schedule(this.options, this.task, ...this.args) : this.task(...this.args));
            if (clearGlobalState()) {
              this.doDone(eventInfo);
              await free(this.options, eventInfo);
              this._assertStatus("DONE");
              return this._resolve(passed);
            }
          } catch (error1) {
            error = error1;
            return this._onFailure(error, eventInfo, clearGlobalState, run2, free);
          }
        }
        doExpire(clearGlobalState, run2, free) {
          var error, eventInfo;
          if (this._states.jobStatus(this.options.id === "RUNNING")) {
            this._states.next(this.options.id);
          }
          this._assertStatus("EXECUTING");
          eventInfo = { args: this.args, options: this.options, retryCount: this.retryCount };
          error = new BottleneckError$1(`This job timed out after ${this.options.expiration} ms.`);
          return this._onFailure(error, eventInfo, clearGlobalState, run2, free);
        }
        async _onFailure(error, eventInfo, clearGlobalState, run2, free) {
          var retry2, retryAfter;
          if (clearGlobalState()) {
            retry2 = await this.Events.trigger("failed", error, eventInfo);
            if (retry2 != null) {
              retryAfter = ~~retry2;
              this.Events.trigger("retry", `Retrying ${this.options.id} after ${retryAfter} ms`, eventInfo);
              this.retryCount++;
              return run2(retryAfter);
            } else {
              this.doDone(eventInfo);
              await free(this.options, eventInfo);
              this._assertStatus("DONE");
              return this._reject(error);
            }
          }
        }
        doDone(eventInfo) {
          this._assertStatus("EXECUTING");
          this._states.next(this.options.id);
          return this.Events.trigger("done", eventInfo);
        }
      };
      var Job_1 = Job;
      var BottleneckError$2, LocalDatastore, parser$2;
      parser$2 = parser;
      BottleneckError$2 = BottleneckError_1;
      LocalDatastore = class LocalDatastore {
        constructor(instance, storeOptions, storeInstanceOptions) {
          this.instance = instance;
          this.storeOptions = storeOptions;
          this.clientId = this.instance._randomIndex();
          parser$2.load(storeInstanceOptions, storeInstanceOptions, this);
          this._nextRequest = this._lastReservoirRefresh = this._lastReservoirIncrease = Date.now();
          this._running = 0;
          this._done = 0;
          this._unblockTime = 0;
          this.ready = this.Promise.resolve();
          this.clients = {};
          this._startHeartbeat();
        }
        _startHeartbeat() {
          var base;
          if (this.heartbeat == null && (this.storeOptions.reservoirRefreshInterval != null && this.storeOptions.reservoirRefreshAmount != null || this.storeOptions.reservoirIncreaseInterval != null && this.storeOptions.reservoirIncreaseAmount != null)) {
            return typeof (base = this.heartbeat = setInterval(() => {
              var amount, incr, maximum, now, reservoir;
              now = Date.now();
              if (this.storeOptions.reservoirRefreshInterval != null && now >= this._lastReservoirRefresh + this.storeOptions.reservoirRefreshInterval) {
                this._lastReservoirRefresh = now;
                this.storeOptions.reservoir = this.storeOptions.reservoirRefreshAmount;
                this.instance._drainAll(this.computeCapacity());
              }
              if (this.storeOptions.reservoirIncreaseInterval != null && now >= this._lastReservoirIncrease + this.storeOptions.reservoirIncreaseInterval) {
                ({
                  reservoirIncreaseAmount: amount,
                  reservoirIncreaseMaximum: maximum,
                  reservoir
                } = this.storeOptions);
                this._lastReservoirIncrease = now;
                incr = maximum != null ? Math.min(amount, maximum - reservoir) : amount;
                if (incr > 0) {
                  this.storeOptions.reservoir += incr;
                  return this.instance._drainAll(this.computeCapacity());
                }
              }
            }, this.heartbeatInterval)).unref === "function" ? base.unref() : void 0;
          } else {
            return clearInterval(this.heartbeat);
          }
        }
        async __publish__(message) {
          await this.yieldLoop();
          return this.instance.Events.trigger("message", message.toString());
        }
        async __disconnect__(flush) {
          await this.yieldLoop();
          clearInterval(this.heartbeat);
          return this.Promise.resolve();
        }
        yieldLoop(t = 0) {
          return new this.Promise(function(resolve, reject) {
            return setTimeout(resolve, t);
          });
        }
        computePenalty() {
          var ref;
          return (ref = this.storeOptions.penalty) != null ? ref : 15 * this.storeOptions.minTime || 5e3;
        }
        async __updateSettings__(options) {
          await this.yieldLoop();
          parser$2.overwrite(options, options, this.storeOptions);
          this._startHeartbeat();
          this.instance._drainAll(this.computeCapacity());
          return true;
        }
        async __running__() {
          await this.yieldLoop();
          return this._running;
        }
        async __queued__() {
          await this.yieldLoop();
          return this.instance.queued();
        }
        async __done__() {
          await this.yieldLoop();
          return this._done;
        }
        async __groupCheck__(time) {
          await this.yieldLoop();
          return this._nextRequest + this.timeout < time;
        }
        computeCapacity() {
          var maxConcurrent, reservoir;
          ({ maxConcurrent, reservoir } = this.storeOptions);
          if (maxConcurrent != null && reservoir != null) {
            return Math.min(maxConcurrent - this._running, reservoir);
          } else if (maxConcurrent != null) {
            return maxConcurrent - this._running;
          } else if (reservoir != null) {
            return reservoir;
          } else {
            return null;
          }
        }
        conditionsCheck(weight) {
          var capacity;
          capacity = this.computeCapacity();
          return capacity == null || weight <= capacity;
        }
        async __incrementReservoir__(incr) {
          var reservoir;
          await this.yieldLoop();
          reservoir = this.storeOptions.reservoir += incr;
          this.instance._drainAll(this.computeCapacity());
          return reservoir;
        }
        async __currentReservoir__() {
          await this.yieldLoop();
          return this.storeOptions.reservoir;
        }
        isBlocked(now) {
          return this._unblockTime >= now;
        }
        check(weight, now) {
          return this.conditionsCheck(weight) && this._nextRequest - now <= 0;
        }
        async __check__(weight) {
          var now;
          await this.yieldLoop();
          now = Date.now();
          return this.check(weight, now);
        }
        async __register__(index, weight, expiration) {
          var now, wait;
          await this.yieldLoop();
          now = Date.now();
          if (this.conditionsCheck(weight)) {
            this._running += weight;
            if (this.storeOptions.reservoir != null) {
              this.storeOptions.reservoir -= weight;
            }
            wait = Math.max(this._nextRequest - now, 0);
            this._nextRequest = now + wait + this.storeOptions.minTime;
            return {
              success: true,
              wait,
              reservoir: this.storeOptions.reservoir
            };
          } else {
            return {
              success: false
            };
          }
        }
        strategyIsBlock() {
          return this.storeOptions.strategy === 3;
        }
        async __submit__(queueLength, weight) {
          var blocked, now, reachedHWM;
          await this.yieldLoop();
          if (this.storeOptions.maxConcurrent != null && weight > this.storeOptions.maxConcurrent) {
            throw new BottleneckError$2(`Impossible to add a job having a weight of ${weight} to a limiter having a maxConcurrent setting of ${this.storeOptions.maxConcurrent}`);
          }
          now = Date.now();
          reachedHWM = this.storeOptions.highWater != null && queueLength === this.storeOptions.highWater && !this.check(weight, now);
          blocked = this.strategyIsBlock() && (reachedHWM || this.isBlocked(now));
          if (blocked) {
            this._unblockTime = now + this.computePenalty();
            this._nextRequest = this._unblockTime + this.storeOptions.minTime;
            this.instance._dropAllQueued();
          }
          return {
            reachedHWM,
            blocked,
            strategy: this.storeOptions.strategy
          };
        }
        async __free__(index, weight) {
          await this.yieldLoop();
          this._running -= weight;
          this._done += weight;
          this.instance._drainAll(this.computeCapacity());
          return {
            running: this._running
          };
        }
      };
      var LocalDatastore_1 = LocalDatastore;
      var BottleneckError$3, States;
      BottleneckError$3 = BottleneckError_1;
      States = class States {
        constructor(status1) {
          this.status = status1;
          this._jobs = {};
          this.counts = this.status.map(function() {
            return 0;
          });
        }
        next(id) {
          var current, next;
          current = this._jobs[id];
          next = current + 1;
          if (current != null && next < this.status.length) {
            this.counts[current]--;
            this.counts[next]++;
            return this._jobs[id]++;
          } else if (current != null) {
            this.counts[current]--;
            return delete this._jobs[id];
          }
        }
        start(id) {
          var initial;
          initial = 0;
          this._jobs[id] = initial;
          return this.counts[initial]++;
        }
        remove(id) {
          var current;
          current = this._jobs[id];
          if (current != null) {
            this.counts[current]--;
            delete this._jobs[id];
          }
          return current != null;
        }
        jobStatus(id) {
          var ref;
          return (ref = this.status[this._jobs[id]]) != null ? ref : null;
        }
        statusJobs(status2) {
          var k, pos, ref, results, v;
          if (status2 != null) {
            pos = this.status.indexOf(status2);
            if (pos < 0) {
              throw new BottleneckError$3(`status must be one of ${this.status.join(", ")}`);
            }
            ref = this._jobs;
            results = [];
            for (k in ref) {
              v = ref[k];
              if (v === pos) {
                results.push(k);
              }
            }
            return results;
          } else {
            return Object.keys(this._jobs);
          }
        }
        statusCounts() {
          return this.counts.reduce(((acc, v, i) => {
            acc[this.status[i]] = v;
            return acc;
          }), {});
        }
      };
      var States_1 = States;
      var DLList$2, Sync;
      DLList$2 = DLList_1;
      Sync = class Sync {
        constructor(name2, Promise2) {
          this.schedule = this.schedule.bind(this);
          this.name = name2;
          this.Promise = Promise2;
          this._running = 0;
          this._queue = new DLList$2();
        }
        isEmpty() {
          return this._queue.length === 0;
        }
        async _tryToRun() {
          var args, cb, error, reject, resolve, returned, task;
          if (this._running < 1 && this._queue.length > 0) {
            this._running++;
            ({ task, args, resolve, reject } = this._queue.shift());
            cb = await (async function() {
              try {
                returned = await task(...args);
                return function() {
                  return resolve(returned);
                };
              } catch (error1) {
                error = error1;
                return function() {
                  return reject(error);
                };
              }
            })();
            this._running--;
            this._tryToRun();
            return cb();
          }
        }
        schedule(task, ...args) {
          var promise, reject, resolve;
          resolve = reject = null;
          promise = new this.Promise(function(_resolve, _reject) {
            resolve = _resolve;
            return reject = _reject;
          });
          this._queue.push({ task, args, resolve, reject });
          this._tryToRun();
          return promise;
        }
      };
      var Sync_1 = Sync;
      var version2 = "2.19.5";
      var version$1 = {
        version: version2
      };
      var version$2 = /* @__PURE__ */ Object.freeze({
        version: version2,
        default: version$1
      });
      var require$$2 = () => console.log("You must import the full version of Bottleneck in order to use this feature.");
      var require$$3 = () => console.log("You must import the full version of Bottleneck in order to use this feature.");
      var require$$4 = () => console.log("You must import the full version of Bottleneck in order to use this feature.");
      var Events$2, Group, IORedisConnection$1, RedisConnection$1, Scripts$1, parser$3;
      parser$3 = parser;
      Events$2 = Events_1;
      RedisConnection$1 = require$$2;
      IORedisConnection$1 = require$$3;
      Scripts$1 = require$$4;
      Group = (function() {
        class Group2 {
          constructor(limiterOptions = {}) {
            this.deleteKey = this.deleteKey.bind(this);
            this.limiterOptions = limiterOptions;
            parser$3.load(this.limiterOptions, this.defaults, this);
            this.Events = new Events$2(this);
            this.instances = {};
            this.Bottleneck = Bottleneck_1;
            this._startAutoCleanup();
            this.sharedConnection = this.connection != null;
            if (this.connection == null) {
              if (this.limiterOptions.datastore === "redis") {
                this.connection = new RedisConnection$1(Object.assign({}, this.limiterOptions, { Events: this.Events }));
              } else if (this.limiterOptions.datastore === "ioredis") {
                this.connection = new IORedisConnection$1(Object.assign({}, this.limiterOptions, { Events: this.Events }));
              }
            }
          }
          key(key = "") {
            var ref;
            return (ref = this.instances[key]) != null ? ref : (() => {
              var limiter;
              limiter = this.instances[key] = new this.Bottleneck(Object.assign(this.limiterOptions, {
                id: `${this.id}-${key}`,
                timeout: this.timeout,
                connection: this.connection
              }));
              this.Events.trigger("created", limiter, key);
              return limiter;
            })();
          }
          async deleteKey(key = "") {
            var deleted, instance;
            instance = this.instances[key];
            if (this.connection) {
              deleted = await this.connection.__runCommand__(["del", ...Scripts$1.allKeys(`${this.id}-${key}`)]);
            }
            if (instance != null) {
              delete this.instances[key];
              await instance.disconnect();
            }
            return instance != null || deleted > 0;
          }
          limiters() {
            var k, ref, results, v;
            ref = this.instances;
            results = [];
            for (k in ref) {
              v = ref[k];
              results.push({
                key: k,
                limiter: v
              });
            }
            return results;
          }
          keys() {
            return Object.keys(this.instances);
          }
          async clusterKeys() {
            var cursor, end, found, i, k, keys, len, next, start;
            if (this.connection == null) {
              return this.Promise.resolve(this.keys());
            }
            keys = [];
            cursor = null;
            start = `b_${this.id}-`.length;
            end = "_settings".length;
            while (cursor !== 0) {
              [next, found] = await this.connection.__runCommand__(["scan", cursor != null ? cursor : 0, "match", `b_${this.id}-*_settings`, "count", 1e4]);
              cursor = ~~next;
              for (i = 0, len = found.length; i < len; i++) {
                k = found[i];
                keys.push(k.slice(start, -end));
              }
            }
            return keys;
          }
          _startAutoCleanup() {
            var base;
            clearInterval(this.interval);
            return typeof (base = this.interval = setInterval(async () => {
              var e, k, ref, results, time, v;
              time = Date.now();
              ref = this.instances;
              results = [];
              for (k in ref) {
                v = ref[k];
                try {
                  if (await v._store.__groupCheck__(time)) {
                    results.push(this.deleteKey(k));
                  } else {
                    results.push(void 0);
                  }
                } catch (error) {
                  e = error;
                  results.push(v.Events.trigger("error", e));
                }
              }
              return results;
            }, this.timeout / 2)).unref === "function" ? base.unref() : void 0;
          }
          updateSettings(options = {}) {
            parser$3.overwrite(options, this.defaults, this);
            parser$3.overwrite(options, options, this.limiterOptions);
            if (options.timeout != null) {
              return this._startAutoCleanup();
            }
          }
          disconnect(flush = true) {
            var ref;
            if (!this.sharedConnection) {
              return (ref = this.connection) != null ? ref.disconnect(flush) : void 0;
            }
          }
        }
        Group2.prototype.defaults = {
          timeout: 1e3 * 60 * 5,
          connection: null,
          Promise,
          id: "group-key"
        };
        return Group2;
      }).call(commonjsGlobal);
      var Group_1 = Group;
      var Batcher, Events$3, parser$4;
      parser$4 = parser;
      Events$3 = Events_1;
      Batcher = (function() {
        class Batcher2 {
          constructor(options = {}) {
            this.options = options;
            parser$4.load(this.options, this.defaults, this);
            this.Events = new Events$3(this);
            this._arr = [];
            this._resetPromise();
            this._lastFlush = Date.now();
          }
          _resetPromise() {
            return this._promise = new this.Promise((res, rej) => {
              return this._resolve = res;
            });
          }
          _flush() {
            clearTimeout(this._timeout);
            this._lastFlush = Date.now();
            this._resolve();
            this.Events.trigger("batch", this._arr);
            this._arr = [];
            return this._resetPromise();
          }
          add(data) {
            var ret;
            this._arr.push(data);
            ret = this._promise;
            if (this._arr.length === this.maxSize) {
              this._flush();
            } else if (this.maxTime != null && this._arr.length === 1) {
              this._timeout = setTimeout(() => {
                return this._flush();
              }, this.maxTime);
            }
            return ret;
          }
        }
        Batcher2.prototype.defaults = {
          maxTime: null,
          maxSize: null,
          Promise
        };
        return Batcher2;
      }).call(commonjsGlobal);
      var Batcher_1 = Batcher;
      var require$$4$1 = () => console.log("You must import the full version of Bottleneck in order to use this feature.");
      var require$$8 = getCjsExportFromNamespace(version$2);
      var Bottleneck2, DEFAULT_PRIORITY$1, Events$4, Job$1, LocalDatastore$1, NUM_PRIORITIES$1, Queues$1, RedisDatastore$1, States$1, Sync$1, parser$5, splice = [].splice;
      NUM_PRIORITIES$1 = 10;
      DEFAULT_PRIORITY$1 = 5;
      parser$5 = parser;
      Queues$1 = Queues_1;
      Job$1 = Job_1;
      LocalDatastore$1 = LocalDatastore_1;
      RedisDatastore$1 = require$$4$1;
      Events$4 = Events_1;
      States$1 = States_1;
      Sync$1 = Sync_1;
      Bottleneck2 = (function() {
        class Bottleneck3 {
          constructor(options = {}, ...invalid) {
            var storeInstanceOptions, storeOptions;
            this._addToQueue = this._addToQueue.bind(this);
            this._validateOptions(options, invalid);
            parser$5.load(options, this.instanceDefaults, this);
            this._queues = new Queues$1(NUM_PRIORITIES$1);
            this._scheduled = {};
            this._states = new States$1(["RECEIVED", "QUEUED", "RUNNING", "EXECUTING"].concat(this.trackDoneStatus ? ["DONE"] : []));
            this._limiter = null;
            this.Events = new Events$4(this);
            this._submitLock = new Sync$1("submit", this.Promise);
            this._registerLock = new Sync$1("register", this.Promise);
            storeOptions = parser$5.load(options, this.storeDefaults, {});
            this._store = (function() {
              if (this.datastore === "redis" || this.datastore === "ioredis" || this.connection != null) {
                storeInstanceOptions = parser$5.load(options, this.redisStoreDefaults, {});
                return new RedisDatastore$1(this, storeOptions, storeInstanceOptions);
              } else if (this.datastore === "local") {
                storeInstanceOptions = parser$5.load(options, this.localStoreDefaults, {});
                return new LocalDatastore$1(this, storeOptions, storeInstanceOptions);
              } else {
                throw new Bottleneck3.prototype.BottleneckError(`Invalid datastore type: ${this.datastore}`);
              }
            }).call(this);
            this._queues.on("leftzero", () => {
              var ref;
              return (ref = this._store.heartbeat) != null ? typeof ref.ref === "function" ? ref.ref() : void 0 : void 0;
            });
            this._queues.on("zero", () => {
              var ref;
              return (ref = this._store.heartbeat) != null ? typeof ref.unref === "function" ? ref.unref() : void 0 : void 0;
            });
          }
          _validateOptions(options, invalid) {
            if (!(options != null && typeof options === "object" && invalid.length === 0)) {
              throw new Bottleneck3.prototype.BottleneckError("Bottleneck v2 takes a single object argument. Refer to https://github.com/SGrondin/bottleneck#upgrading-to-v2 if you're upgrading from Bottleneck v1.");
            }
          }
          ready() {
            return this._store.ready;
          }
          clients() {
            return this._store.clients;
          }
          channel() {
            return `b_${this.id}`;
          }
          channel_client() {
            return `b_${this.id}_${this._store.clientId}`;
          }
          publish(message) {
            return this._store.__publish__(message);
          }
          disconnect(flush = true) {
            return this._store.__disconnect__(flush);
          }
          chain(_limiter) {
            this._limiter = _limiter;
            return this;
          }
          queued(priority) {
            return this._queues.queued(priority);
          }
          clusterQueued() {
            return this._store.__queued__();
          }
          empty() {
            return this.queued() === 0 && this._submitLock.isEmpty();
          }
          running() {
            return this._store.__running__();
          }
          done() {
            return this._store.__done__();
          }
          jobStatus(id) {
            return this._states.jobStatus(id);
          }
          jobs(status2) {
            return this._states.statusJobs(status2);
          }
          counts() {
            return this._states.statusCounts();
          }
          _randomIndex() {
            return Math.random().toString(36).slice(2);
          }
          check(weight = 1) {
            return this._store.__check__(weight);
          }
          _clearGlobalState(index) {
            if (this._scheduled[index] != null) {
              clearTimeout(this._scheduled[index].expiration);
              delete this._scheduled[index];
              return true;
            } else {
              return false;
            }
          }
          async _free(index, job, options, eventInfo) {
            var e, running;
            try {
              ({ running } = await this._store.__free__(index, options.weight));
              this.Events.trigger("debug", `Freed ${options.id}`, eventInfo);
              if (running === 0 && this.empty()) {
                return this.Events.trigger("idle");
              }
            } catch (error1) {
              e = error1;
              return this.Events.trigger("error", e);
            }
          }
          _run(index, job, wait) {
            var clearGlobalState, free, run2;
            job.doRun();
            clearGlobalState = this._clearGlobalState.bind(this, index);
            run2 = this._run.bind(this, index, job);
            free = this._free.bind(this, index, job);
            return this._scheduled[index] = {
              timeout: setTimeout(() => {
                return job.doExecute(this._limiter, clearGlobalState, run2, free);
              }, wait),
              expiration: job.options.expiration != null ? setTimeout(function() {
                return job.doExpire(clearGlobalState, run2, free);
              }, wait + job.options.expiration) : void 0,
              job
            };
          }
          _drainOne(capacity) {
            return this._registerLock.schedule(() => {
              var args, index, next, options, queue;
              if (this.queued() === 0) {
                return this.Promise.resolve(null);
              }
              queue = this._queues.getFirst();
              ({ options, args } = next = queue.first());
              if (capacity != null && options.weight > capacity) {
                return this.Promise.resolve(null);
              }
              this.Events.trigger("debug", `Draining ${options.id}`, { args, options });
              index = this._randomIndex();
              return this._store.__register__(index, options.weight, options.expiration).then(({ success, wait, reservoir }) => {
                var empty;
                this.Events.trigger("debug", `Drained ${options.id}`, { success, args, options });
                if (success) {
                  queue.shift();
                  empty = this.empty();
                  if (empty) {
                    this.Events.trigger("empty");
                  }
                  if (reservoir === 0) {
                    this.Events.trigger("depleted", empty);
                  }
                  this._run(index, next, wait);
                  return this.Promise.resolve(options.weight);
                } else {
                  return this.Promise.resolve(null);
                }
              });
            });
          }
          _drainAll(capacity, total = 0) {
            return this._drainOne(capacity).then((drained) => {
              var newCapacity;
              if (drained != null) {
                newCapacity = capacity != null ? capacity - drained : capacity;
                return this._drainAll(newCapacity, total + drained);
              } else {
                return this.Promise.resolve(total);
              }
            }).catch((e) => {
              return this.Events.trigger("error", e);
            });
          }
          _dropAllQueued(message) {
            return this._queues.shiftAll(function(job) {
              return job.doDrop({ message });
            });
          }
          stop(options = {}) {
            var done, waitForExecuting;
            options = parser$5.load(options, this.stopDefaults);
            waitForExecuting = (at) => {
              var finished;
              finished = () => {
                var counts2;
                counts2 = this._states.counts;
                return counts2[0] + counts2[1] + counts2[2] + counts2[3] === at;
              };
              return new this.Promise((resolve, reject) => {
                if (finished()) {
                  return resolve();
                } else {
                  return this.on("done", () => {
                    if (finished()) {
                      this.removeAllListeners("done");
                      return resolve();
                    }
                  });
                }
              });
            };
            done = options.dropWaitingJobs ? (this._run = function(index, next) {
              return next.doDrop({
                message: options.dropErrorMessage
              });
            }, this._drainOne = () => {
              return this.Promise.resolve(null);
            }, this._registerLock.schedule(() => {
              return this._submitLock.schedule(() => {
                var k, ref, v;
                ref = this._scheduled;
                for (k in ref) {
                  v = ref[k];
                  if (this.jobStatus(v.job.options.id) === "RUNNING") {
                    clearTimeout(v.timeout);
                    clearTimeout(v.expiration);
                    v.job.doDrop({
                      message: options.dropErrorMessage
                    });
                  }
                }
                this._dropAllQueued(options.dropErrorMessage);
                return waitForExecuting(0);
              });
            })) : this.schedule({
              priority: NUM_PRIORITIES$1 - 1,
              weight: 0
            }, () => {
              return waitForExecuting(1);
            });
            this._receive = function(job) {
              return job._reject(new Bottleneck3.prototype.BottleneckError(options.enqueueErrorMessage));
            };
            this.stop = () => {
              return this.Promise.reject(new Bottleneck3.prototype.BottleneckError("stop() has already been called"));
            };
            return done;
          }
          async _addToQueue(job) {
            var args, blocked, error, options, reachedHWM, shifted, strategy;
            ({ args, options } = job);
            try {
              ({ reachedHWM, blocked, strategy } = await this._store.__submit__(this.queued(), options.weight));
            } catch (error1) {
              error = error1;
              this.Events.trigger("debug", `Could not queue ${options.id}`, { args, options, error });
              job.doDrop({ error });
              return false;
            }
            if (blocked) {
              job.doDrop();
              return true;
            } else if (reachedHWM) {
              shifted = strategy === Bottleneck3.prototype.strategy.LEAK ? this._queues.shiftLastFrom(options.priority) : strategy === Bottleneck3.prototype.strategy.OVERFLOW_PRIORITY ? this._queues.shiftLastFrom(options.priority + 1) : strategy === Bottleneck3.prototype.strategy.OVERFLOW ? job : void 0;
              if (shifted != null) {
                shifted.doDrop();
              }
              if (shifted == null || strategy === Bottleneck3.prototype.strategy.OVERFLOW) {
                if (shifted == null) {
                  job.doDrop();
                }
                return reachedHWM;
              }
            }
            job.doQueue(reachedHWM, blocked);
            this._queues.push(job);
            await this._drainAll();
            return reachedHWM;
          }
          _receive(job) {
            if (this._states.jobStatus(job.options.id) != null) {
              job._reject(new Bottleneck3.prototype.BottleneckError(`A job with the same id already exists (id=${job.options.id})`));
              return false;
            } else {
              job.doReceive();
              return this._submitLock.schedule(this._addToQueue, job);
            }
          }
          submit(...args) {
            var cb, fn, job, options, ref, ref1, task;
            if (typeof args[0] === "function") {
              ref = args, [fn, ...args] = ref, [cb] = splice.call(args, -1);
              options = parser$5.load({}, this.jobDefaults);
            } else {
              ref1 = args, [options, fn, ...args] = ref1, [cb] = splice.call(args, -1);
              options = parser$5.load(options, this.jobDefaults);
            }
            task = (...args2) => {
              return new this.Promise(function(resolve, reject) {
                return fn(...args2, function(...args3) {
                  return (args3[0] != null ? reject : resolve)(args3);
                });
              });
            };
            job = new Job$1(task, args, options, this.jobDefaults, this.rejectOnDrop, this.Events, this._states, this.Promise);
            job.promise.then(function(args2) {
              return typeof cb === "function" ? cb(...args2) : void 0;
            }).catch(function(args2) {
              if (Array.isArray(args2)) {
                return typeof cb === "function" ? cb(...args2) : void 0;
              } else {
                return typeof cb === "function" ? cb(args2) : void 0;
              }
            });
            return this._receive(job);
          }
          schedule(...args) {
            var job, options, task;
            if (typeof args[0] === "function") {
              [task, ...args] = args;
              options = {};
            } else {
              [options, task, ...args] = args;
            }
            job = new Job$1(task, args, options, this.jobDefaults, this.rejectOnDrop, this.Events, this._states, this.Promise);
            this._receive(job);
            return job.promise;
          }
          wrap(fn) {
            var schedule, wrapped;
            schedule = this.schedule.bind(this);
            wrapped = function(...args) {
              return schedule(fn.bind(this), ...args);
            };
            wrapped.withOptions = function(options, ...args) {
              return schedule(options, fn, ...args);
            };
            return wrapped;
          }
          async updateSettings(options = {}) {
            await this._store.__updateSettings__(parser$5.overwrite(options, this.storeDefaults));
            parser$5.overwrite(options, this.instanceDefaults, this);
            return this;
          }
          currentReservoir() {
            return this._store.__currentReservoir__();
          }
          incrementReservoir(incr = 0) {
            return this._store.__incrementReservoir__(incr);
          }
        }
        Bottleneck3.default = Bottleneck3;
        Bottleneck3.Events = Events$4;
        Bottleneck3.version = Bottleneck3.prototype.version = require$$8.version;
        Bottleneck3.strategy = Bottleneck3.prototype.strategy = {
          LEAK: 1,
          OVERFLOW: 2,
          OVERFLOW_PRIORITY: 4,
          BLOCK: 3
        };
        Bottleneck3.BottleneckError = Bottleneck3.prototype.BottleneckError = BottleneckError_1;
        Bottleneck3.Group = Bottleneck3.prototype.Group = Group_1;
        Bottleneck3.RedisConnection = Bottleneck3.prototype.RedisConnection = require$$2;
        Bottleneck3.IORedisConnection = Bottleneck3.prototype.IORedisConnection = require$$3;
        Bottleneck3.Batcher = Bottleneck3.prototype.Batcher = Batcher_1;
        Bottleneck3.prototype.jobDefaults = {
          priority: DEFAULT_PRIORITY$1,
          weight: 1,
          expiration: null,
          id: "<no-id>"
        };
        Bottleneck3.prototype.storeDefaults = {
          maxConcurrent: null,
          minTime: 0,
          highWater: null,
          strategy: Bottleneck3.prototype.strategy.LEAK,
          penalty: null,
          reservoir: null,
          reservoirRefreshInterval: null,
          reservoirRefreshAmount: null,
          reservoirIncreaseInterval: null,
          reservoirIncreaseAmount: null,
          reservoirIncreaseMaximum: null
        };
        Bottleneck3.prototype.localStoreDefaults = {
          Promise,
          timeout: null,
          heartbeatInterval: 250
        };
        Bottleneck3.prototype.redisStoreDefaults = {
          Promise,
          timeout: null,
          heartbeatInterval: 5e3,
          clientTimeout: 1e4,
          Redis: null,
          clientOptions: {},
          clusterNodes: null,
          clearDatastore: false,
          connection: null
        };
        Bottleneck3.prototype.instanceDefaults = {
          datastore: "local",
          connection: null,
          id: "<no-id>",
          rejectOnDrop: true,
          trackDoneStatus: false,
          Promise
        };
        Bottleneck3.prototype.stopDefaults = {
          enqueueErrorMessage: "This limiter has been stopped and cannot accept new jobs.",
          dropWaitingJobs: true,
          dropErrorMessage: "This limiter has been stopped."
        };
        return Bottleneck3;
      }).call(commonjsGlobal);
      var Bottleneck_1 = Bottleneck2;
      var lib = Bottleneck_1;
      return lib;
    }));
  }
});

// action/commands.ts
import { randomUUID } from "node:crypto";
import { appendFile, stat } from "node:fs/promises";
var MAX_SUMMARY_BYTES = 1024 * 1024;
function annotate(level, sentence) {
  process.stdout.write(`::${level} title=Plimsoll::${escapeData(sentence)}
`);
}
function mask(secret) {
  if (secret.length >= 8) process.stdout.write(`::add-mask::${escapeData(secret)}
`);
}
function printCommands(commands) {
  if (commands !== "") process.stdout.write(commands.endsWith("\n") ? commands : `${commands}
`);
}
function printText(text2) {
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}
${text2.trimEnd()}
::${token}::
`);
}
async function setOutputs(env, values) {
  const file = env.GITHUB_OUTPUT;
  if (file === void 0 || file === "") return;
  const entries = Object.entries(values).map(([name2, value]) => {
    const delimiter = `plimsoll-${randomUUID()}`;
    return `${name2}<<${delimiter}
${value}
${delimiter}
`;
  });
  await appendFile(file, entries.join(""));
}
async function appendSummary(env, write) {
  const file = env.GITHUB_STEP_SUMMARY;
  if (file === void 0 || file === "") return;
  const used = await stat(file).then(
    (stats) => stats.size,
    () => 0
  );
  const room = MAX_SUMMARY_BYTES - used - 2;
  const text2 = write(Math.max(room, 0));
  if (Buffer.byteLength(text2) > room) {
    annotate("warning", "the job summary is full, so the report is not in it; it is in the output report-markdown");
    return;
  }
  await appendFile(file, `${text2}
`);
}
function escapeData(text2) {
  return text2.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

// action/comment.ts
import { setTimeout as pause2 } from "node:timers/promises";

// action/refusal.ts
var Refusal = class extends Error {
  name = "Refusal";
};

// action/gate/edits.ts
var ITEM = /^\s*[-*+] \[([ xX])\] (.*?)\s*<!-- plimsoll:check ([\w:-]+) ([0-9a-f]+) -->\s*$/;
function readLines(body) {
  const lines2 = /* @__PURE__ */ new Map();
  for (const line of body.split(/\r?\n/)) {
    const [, mark = "", text2 = "", id = "", evidence = ""] = ITEM.exec(line) ?? [];
    if (id === "") continue;
    const [, reason] = /^~~.+~~(.*)$/.exec(text2) ?? [];
    lines2.set(id, { checked: mark !== " ", evidence, struck: reason === void 0 ? null : reasonOf(reason) });
  }
  return lines2;
}
function reasonOf(text2) {
  return text2.replace(/<sub>.*?<\/sub>/g, "").replace(/^[\s:–—-]+/, "").trim();
}
function isReason(text2) {
  return text2.split(/\s+/).filter((word) => new RegExp("\\p{L}", "u").test(word)).length >= 2;
}
function deeds(before, after) {
  const [old, now] = [readLines(before), readLines(after)];
  const found = [];
  for (const [item, was] of old) {
    const is = now.get(item);
    if (is === void 0) continue;
    const evidence = was.evidence;
    if (is.struck !== null && was.struck === null) {
      if (isReason(is.struck)) found.push({ kind: "struck", item, evidence, reason: is.struck });
      else found.push({ kind: "struck-without-reason", item, evidence });
    } else if (is.checked && !was.checked) found.push({ kind: "ticked", item, evidence });
    else if (!is.checked && was.checked) found.push({ kind: "unticked", item, evidence });
  }
  return found;
}
function applyDeed(ticks, deed, by, at) {
  if (deed.kind === "struck-without-reason") return ticks;
  const { item, evidence } = deed;
  const tick = { item, evidence, by, at, reason: deed.kind === "struck" ? deed.reason : null };
  const last = ticks.filter((other) => other.item === item && other.off).map((other) => other.at);
  if (deed.kind === "unticked") {
    return [...ticks.filter((other) => other.item !== item || other.at > at), { ...tick, off: true }];
  }
  if (last.some((taken) => taken >= at)) return ticks;
  return [...ticks.filter((other) => other.item !== item || other.by !== by || other.off), { ...tick, off: false }];
}
function withoutGone(memory, items) {
  const asked = new Set(items.map((item) => item.id));
  return memory.ticks.filter((tick) => asked.has(tick.item));
}
function readCommand(edit) {
  if (edit.action !== "created") return null;
  const [, word, rest = ""] = /^\/plimsoll\b[ \t]*(\S*)[ \t]*([^\r\n]*)/.exec(edit.after) ?? [];
  if (word === void 0) return null;
  if (word === "recheck") return { kind: "recheck" };
  return word === "override" ? { kind: "override", reason: rest.trim() } : { kind: "unknown" };
}

// action/gate/inert.ts
function code(text2, most = 200) {
  const plain = [...text2.replace(/\s+/g, " ").trim()].slice(0, most).join("").replace(UNSEEN, "�");
  if (plain === "") return "(empty)";
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run2]) => run2.length));
  const fence = "`".repeat(longest + 1);
  const pad = plain.startsWith("`") || plain.endsWith("`") ? " " : "";
  return `${fence}${pad}${plain}${pad}${fence}`;
}
var UNSEEN = /\u034f|[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

// action/gate/record.ts
import { createHash } from "node:crypto";
var MOST_FINDINGS = 60;
var MOST_TICKS = 150;
var MOST_TEXT = 300;
var OPEN = "<!-- plimsoll:state ";
var CLOSE = " -->";
function emptyMemory(head) {
  return { head, findings: [], fixed: [], ticks: [], override: null };
}
function writeMemory(memory) {
  return `${OPEN}${canonical(memory)}${CLOSE}`;
}
function readMemory(body) {
  const line = body.split(/\r?\n/, 2)[1] ?? "";
  if (!line.startsWith(OPEN) || !line.endsWith(CLOSE)) return null;
  try {
    return toMemory(JSON.parse(line.slice(OPEN.length, -CLOSE.length)));
  } catch {
    return null;
  }
}
function sealOf(memory) {
  return digest(canonical({ ...memory, findings: [], fixed: [] }));
}
function sealOfText(body) {
  return digest(
    body.replaceAll("\r\n", "\n").replace(/^(\s*[-*+] \[)[xX](\] )/gm, "$1 $2").trimEnd()
  );
}
function digest(text2) {
  return createHash("sha256").update(text2).digest("hex").slice(0, 32);
}
function canonical(memory) {
  const { head, findings, fixed, ticks, override } = memory;
  const json = JSON.stringify({
    v: 1,
    head,
    findings: findings.slice(0, MOST_FINDINGS),
    fixed: fixed.slice(0, MOST_FINDINGS),
    ticks: ticks.slice(-MOST_TICKS).map(({ item, evidence, by, at, reason, off }) => ({
      item,
      evidence,
      by,
      at,
      ...reason !== null && { reason: clip(reason) },
      ...off && { off }
    })),
    ...override && { override: { ...override, reason: clip(override.reason) } }
  });
  return json.replace(/[-<>&@`\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
function clip(text2) {
  return [...text2].slice(0, MOST_TEXT).join("");
}
function toMemory(data) {
  const { v, head, findings, fixed, ticks, override } = data ?? {};
  if (v !== 1 || typeof head !== "string" || !Array.isArray(findings) || !Array.isArray(fixed)) return null;
  if (!Array.isArray(ticks)) return null;
  return {
    head,
    findings: findings.filter(isKnown),
    fixed: fixed.filter(isKnown),
    ticks: ticks.map(toTick).filter((tick) => tick !== null),
    override: override === void 0 ? null : toOverride(override)
  };
}
function isKnown(data) {
  return Array.isArray(data) && data.length === 3 && data.every((part) => typeof part === "string");
}
function toTick(data) {
  const { item, evidence, by, at, reason, off } = data ?? {};
  if (![item, evidence, by, at].every((part) => typeof part === "string")) return null;
  const why = typeof reason === "string" ? reason : null;
  return { item, evidence, by, at, reason: why, off: off === true };
}
function toOverride({ by, at, reason, evidence }) {
  return [by, at, reason, evidence].every((part) => typeof part === "string") ? { by, at, reason, evidence } : null;
}

// action/gate/items.ts
var RANK = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };
var MASK = "••••";
function gateItems(report, checks, least, extras, blobOf) {
  const findings = new Map(report.findings.map((finding) => [finding.id, finding]));
  const fromChecks = checks.map(({ id, because, markdown }) => {
    const causes = because.map((cause) => findings.get(cause)).filter((finding) => finding !== void 0);
    const counting = causes.filter((finding) => finding.suppressed === null);
    const stable = [...because].sort()[0] ?? id;
    return {
      id: stable,
      evidence: evidenceOf(stable, causes, blobOf),
      markdown,
      required: counting.some((finding) => RANK[finding.severity] >= RANK[least]),
      files: [...new Set(causes.map((finding) => finding.file))],
      names: [...new Set(causes.map((finding) => finding.rule))]
    };
  });
  const fromExtras = extras.map(({ id, markdown, content, file }) => ({
    id,
    evidence: digest(JSON.stringify([id, content])),
    markdown,
    required: true,
    files: [file],
    names: [id.split(":", 1)[0] ?? id]
  }));
  const items = [...fromChecks, ...fromExtras];
  return [...items.filter((item) => item.required), ...items.filter((item) => !item.required)];
}
function evidenceOfAll(items) {
  const required = items.filter((item) => item.required).map(({ id, evidence }) => `${id} ${evidence}`);
  return digest(required.sort().join("\n"));
}
function evidenceOf(id, causes, blobOf) {
  const contents = causes.map((finding) => JSON.stringify(contentOf(finding, blobOf)));
  return digest(JSON.stringify([id, ...contents.sort()]));
}
function contentOf(finding, blobOf) {
  const { rule, severity, environment: environment2, subject, setting, title, message, file, side } = finding;
  const values = [finding.old, finding.new, finding.excerpt, ...finding.evidence.map((evidence) => evidence.text)];
  const words = [rule, severity, environment2, subject, setting, finding.old, finding.new, title, message, file, side];
  const places = finding.evidence.map((evidence) => [evidence.file, evidence.side, evidence.text]);
  const hidden = values.some((value) => value?.includes(MASK)) ? blobOf(finding) : "";
  return [words, places, hidden];
}

// action/gate/seal.ts
var SEAL = /[?&]plimsoll=([0-9a-f]{32})\.([0-9a-f]{32})(?:#|$)/;
async function sealsAt(github, context, commit2) {
  const seals = { records: /* @__PURE__ */ new Set(), texts: /* @__PURE__ */ new Set() };
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit2)) return seals;
  const me = await github.whoAmI();
  for (const status2 of await github.statuses(commit2)) {
    const [, record, text2] = SEAL.exec(status2.url) ?? [];
    if (status2.context !== context || !isOurs(status2, me) || record === void 0 || text2 === void 0) continue;
    seals.records.add(record);
    seals.texts.add(text2);
  }
  return seals;
}
function isOurs(status2, me) {
  return me === null ? status2.creator.isBot : status2.creator.login === me;
}
function sealedAddress(url, memory, body) {
  const [page = "", anchor = ""] = url.split("#", 2);
  return `${page}?plimsoll=${sealOf(memory)}.${sealOfText(body)}${anchor === "" ? "" : `#${anchor}`}`;
}

// action/gate/section.ts
var SECTION_BYTES = 32e3;
function section(verdict2, policy, notes) {
  const head = `**${headline(verdict2)}**
`;
  const tail = [...notes, ...verdict2.open.length > 0 ? [help(policy)] : []].map((note) => `
<sub>${note}</sub>
`);
  let room = SECTION_BYTES - Buffer.byteLength(head + tail.join(""));
  const lines2 = [];
  let left = 0;
  for (const judged of verdict2.items) {
    const line = itemLine(judged, policy);
    room -= Buffer.byteLength(line) + 1;
    if (room > 0) lines2.push(line);
    else if (judged.item.required) left += 1;
  }
  const more = left === 0 ? "" : `
_${left} more ${left === 1 ? "item has" : "items have"} no room here: mend or split the change, or override._
`;
  return { markdown: `${head}
${lines2.join("\n")}
${more}${tail.join("")}`, left };
}
function headline({ items, open, override }) {
  const required = items.filter(({ item }) => item.required).length;
  if (override !== null) {
    const reason = code(override.reason);
    return `Before merging: let through by ${code(override.by)} on ${day(override.at)}: ${reason}`;
  }
  if (required === 0) return "Before merging: nothing that somebody has to confirm";
  if (open.length === 0) return `Before merging: all ${required} confirmed`;
  return `Before merging: ${required - open.length} of ${required} confirmed`;
}
function itemLine(judged, policy) {
  const { item, confirmed, done } = judged;
  const reason = done ? confirmed.find((tick) => tick.reason !== null)?.reason ?? null : null;
  const text2 = reason === null ? item.markdown : `~~${item.markdown.replaceAll("~~", "")}~~`;
  const optional = item.required ? "" : " (optional)";
  const notes = remarks(judged, policy).join("; ");
  const aside = notes === "" ? "" : ` <sub>${notes}</sub>`;
  return `- [${done ? "x" : " "}] ${text2}${optional}${aside} <!-- plimsoll:check ${item.id} ${item.evidence} -->`;
}
function remarks({ item, confirmed, outdated, uncounted, done }, policy) {
  const said = confirmed.map(said_);
  if (confirmed.length > 0 && !done) said.push(`${confirmed.length} of ${policy.count}`);
  if (!done) {
    for (const tick of outdated) said.push(`asked again: it changed since ${code(tick.by)} confirmed it`);
    for (const tick of uncounted) said.push(`${code(tick.by)} is not among those whose tick counts`);
  }
  return item.required || said.length > 0 ? said : [];
}
function said_({ by, at, reason }) {
  const what = reason === null ? "confirmed" : `does not apply: ${code(reason)};`;
  return `${what} by ${code(by)} on ${day(at)}`;
}
function day(at) {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(at) ? `${at.slice(0, 10)} ${at.slice(11, 16)} UTC` : code(at);
}
function help(policy) {
  const who = `${listed(policy.reviewers)}${policy.author ? "" : ", not the author"}`;
  const many = policy.count === 1 ? "" : ` Each item needs ${policy.count} people.`;
  const approvals2 = policy.approvals ? " An approval of this commit confirms all." : "";
  return `Tick what you have checked; a tick counts from: ${who}.${many}${approvals2} What does not apply is struck out with ~~ in an edit of this comment, the reason behind it. To let all pass, ${listed(policy.override)} may comment ${code("/plimsoll override <reason>")}.`;
}
function listed(names) {
  const word = (name2) => {
    if (name2 === "codeowners") return "the code owners";
    return name2.startsWith("@") ? code(name2) : `people with ${name2} access`;
  };
  return names.map(word).join(" or ");
}
function lapsedNote({ by }) {
  return `The override of ${code(by)} is over: what has to be confirmed changed since, or they may not override.`;
}

// action/gate/verdict.ts
async function judge(items, memory, approvals2, terms) {
  const judged = [];
  for (const item of items) judged.push(await judgeItem(item, memory.ticks, approvals2, terms));
  const open = judged.filter(({ item, done }) => item.required && !done).map(({ item }) => item);
  const holds = memory.override !== null && await mayStand(memory.override, items, terms);
  return {
    items: judged,
    override: holds ? memory.override : null,
    lapsed: holds ? null : memory.override,
    open,
    passed: open.length === 0 || holds
  };
}
async function judgeItem(item, ticks, approvals2, terms) {
  const own = ticks.filter((tick) => tick.item === item.id && !tick.off);
  const current = own.filter((tick) => tick.evidence === item.evidence);
  const approving = approvals2.map(
    ({ login: login2, at }) => ({ item: item.id, evidence: item.evidence, by: login2, at, reason: null, off: false })
  );
  const [confirmed, uncounted] = [[], []];
  for (const tick of [...current, ...approving]) {
    if (!await counts(tick.by, item, terms)) {
      if (current.includes(tick)) uncounted.push(tick);
    } else if (!confirmed.some((other) => sameLogin(other.by, tick.by))) confirmed.push(tick);
  }
  const outdated = own.filter((tick) => tick.evidence !== item.evidence);
  return { item, confirmed, outdated, uncounted, done: confirmed.length >= terms.policy.count };
}
async function counts(login2, item, { policy, people: people2, author }) {
  if (login2 === "" || sameLogin(login2, author) && !policy.author) return false;
  return people2.isOneOf(login2, policy.reviewers, item.files);
}
async function mayStand(override, items, { policy, people: people2 }) {
  return override.evidence === evidenceOfAll(items) && people2.isOneOf(override.by, policy.override, []);
}
function sameLogin(left, right) {
  return left.toLowerCase() === right.toLowerCase();
}

// action/gate/gate.ts
async function playRound(gate, github, body) {
  const notes = [];
  const source = textThatCounts(gate.edit, body);
  const memory = await verified(gate, github, source, notes);
  if (memory === null) return await pass(gate, source, notes);
  memory.ticks = withoutGone(memory, gate.items);
  const touched = await follow(gate, github, memory, notes);
  const verdict2 = await judge(gate.items, memory, gate.approvals, gate.terms);
  notes.push(...strangeTicks(verdict2, body, touched));
  if (verdict2.lapsed !== null) {
    notes.push(lapsedNote(verdict2.lapsed));
    memory.override = null;
  }
  for (const doubt2 of gate.terms.people.doubts) notes.push(`Not everybody could be placed: ${doubt2}.`);
  const { markdown, left } = section(verdict2, gate.policy, [...new Set(notes)]);
  return { memory: { ...memory, head: gate.head }, verdict: verdict2, markdown, isVerified: true, ...statusOf(verdict2, left) };
}
async function pass(gate, source, notes) {
  const memory = (source === null ? null : readMemory(source)) ?? emptyMemory(gate.head);
  const verdict2 = await judge(gate.items, emptyMemory(gate.head), [], gate.terms);
  const { markdown } = section(verdict2, gate.policy, notes);
  const description = "who confirmed what could not be verified; the run says why";
  return { memory, verdict: verdict2, markdown, isVerified: false, state: "pending", description };
}
function statusOf(verdict2, left = 0) {
  const { items, open, override, passed } = verdict2;
  const required = items.filter(({ item }) => item.required).length;
  if (override !== null) return { state: "success", description: `let through by ${override.by}: ${override.reason}` };
  if (!passed || left > 0) {
    return {
      state: "pending",
      description: `${required - open.length} of ${required} items of the checklist confirmed`
    };
  }
  return {
    state: "success",
    description: required === 0 ? "nothing that somebody has to confirm" : `all ${required} items of the checklist confirmed`
  };
}
function textThatCounts(edit, body) {
  const isUntouched = edit?.action === "edited" && edit.before !== null && body !== null && sameText(body, edit.after);
  return isUntouched ? edit.before : body;
}
async function verified(gate, github, text2, notes) {
  const memory = text2 === null ? null : readMemory(text2);
  if (memory === null) {
    if (text2 !== null && readLines(text2).size > 0) notes.push(FORGOTTEN);
    return emptyMemory(gate.head);
  }
  try {
    const seals = await sealsAt(github, gate.context, memory.head);
    if (seals.records.has(sealOf(memory))) return memory;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notes.push(`Who confirmed what could not be verified: ${error.message}.`);
    return null;
  }
  if (memory.ticks.length > 0 || memory.override !== null) notes.push(FORGOTTEN);
  return { ...memory, ticks: [], override: null };
}
var FORGOTTEN = "Who confirmed what could not be verified in this comment, so all of it is asked again.";
async function follow(gate, github, memory, notes) {
  const { edit } = gate;
  const touched = /* @__PURE__ */ new Set();
  if (edit === null) return touched;
  await command(gate, edit, memory, notes);
  if (edit.action !== "edited" || edit.before === null) return touched;
  const wasOurs = await isOurText(gate, github, edit.before);
  for (const deed of deeds(edit.before, edit.after)) {
    touched.add(deed.item);
    const refusal = await refusalOf(gate, edit, deed, wasOurs);
    if (refusal !== null) notes.push(refusal);
    else memory.ticks = applyDeed(memory.ticks, deed, edit.by.login, edit.at);
  }
  return touched;
}
async function isOurText(gate, github, text2) {
  const memory = readMemory(text2);
  return memory !== null && (await sealsAt(github, gate.context, memory.head)).texts.has(sealOfText(text2));
}
async function command(gate, edit, memory, notes) {
  const given = readCommand(edit);
  if (given === null || given.kind === "recheck") return;
  const who = code(edit.by.login);
  if (given.kind === "unknown") {
    notes.push(`${code("/plimsoll")} takes ${code("override <reason>")} or ${code("recheck")}.`);
  } else if (edit.by.isBot || !await gate.terms.people.isOneOf(edit.by.login, gate.policy.override, [])) {
    notes.push(`${who} may not override.`);
  } else if (!isReason(given.reason)) {
    notes.push(`The override of ${who} has no reason of at least two words.`);
  } else {
    memory.override = { by: edit.by.login, at: edit.at, reason: given.reason, evidence: evidenceOfAll(gate.items) };
  }
}
async function refusalOf(gate, edit, deed, wasOurs) {
  const who = code(edit.by.login);
  const item = gate.items.find((candidate) => candidate.id === deed.item);
  if (deed.kind === "unticked" || item === void 0) return null;
  if (deed.kind === "struck-without-reason") return `${who} struck out an item without a reason of at least two words.`;
  if (!wasOurs) return `What ${who} ticked was not as it was written here; please look at it and tick it again.`;
  if (edit.by.isBot) return `The tick of ${who} does not count: that is no person.`;
  if (sameLogin(edit.by.login, gate.terms.author) && !gate.policy.author) {
    return `The tick of ${who} does not count: it is the author's own.`;
  }
  const may = await counts(edit.by.login, item, gate.terms);
  return may ? null : `The tick of ${who} does not count: they are not among the reviewers of that item.`;
}
function strangeTicks(verdict2, body, touched) {
  const lines2 = readLines(body ?? "");
  const strange = verdict2.items.filter(
    ({ item, done }) => !done && !touched.has(item.id) && lines2.get(item.id)?.checked === true
  );
  return strange.some(({ outdated }) => outdated.length === 0) ? ["A box was ticked and it is not known by whom; please tick it again."] : [];
}
function sameText(left, right) {
  const plain = (text2) => text2.replaceAll("\r\n", "\n").trimEnd();
  return plain(left) === plain(right);
}

// action/github.ts
import http from "node:http";

// node_modules/universal-user-agent/index.js
function getUserAgent() {
  if (typeof navigator === "object" && "userAgent" in navigator) {
    return navigator.userAgent;
  }
  if (typeof process === "object" && process.version !== void 0) {
    return `Node.js/${process.version.substr(1)} (${process.platform}; ${process.arch})`;
  }
  return "<environment undetectable>";
}

// node_modules/before-after-hook/lib/register.js
function register(state, name2, method, options) {
  if (typeof method !== "function") {
    throw new Error("method for before hook must be a function");
  }
  if (!options) {
    options = {};
  }
  if (Array.isArray(name2)) {
    return name2.reverse().reduce((callback, name3) => {
      return register.bind(null, state, name3, callback, options);
    }, method)();
  }
  return Promise.resolve().then(() => {
    if (!state.registry[name2]) {
      return method(options);
    }
    return state.registry[name2].reduce((method2, registered) => {
      return registered.hook.bind(null, method2, options);
    }, method)();
  });
}

// node_modules/before-after-hook/lib/add.js
function addHook(state, kind, name2, hook2) {
  const orig = hook2;
  if (!state.registry[name2]) {
    state.registry[name2] = [];
  }
  if (kind === "before") {
    hook2 = (method, options) => {
      return Promise.resolve().then(orig.bind(null, options)).then(method.bind(null, options));
    };
  }
  if (kind === "after") {
    hook2 = (method, options) => {
      let result;
      return Promise.resolve().then(method.bind(null, options)).then((result_) => {
        result = result_;
        return orig(result, options);
      }).then(() => {
        return result;
      });
    };
  }
  if (kind === "error") {
    hook2 = (method, options) => {
      return Promise.resolve().then(method.bind(null, options)).catch((error) => {
        return orig(error, options);
      });
    };
  }
  state.registry[name2].push({
    hook: hook2,
    orig
  });
}

// node_modules/before-after-hook/lib/remove.js
function removeHook(state, name2, method) {
  if (!state.registry[name2]) {
    return;
  }
  const index = state.registry[name2].map((registered) => {
    return registered.orig;
  }).indexOf(method);
  if (index === -1) {
    return;
  }
  state.registry[name2].splice(index, 1);
}

// node_modules/before-after-hook/index.js
var bind = Function.bind;
var bindable = bind.bind(bind);
function bindApi(hook2, state, name2) {
  const removeHookRef = bindable(removeHook, null).apply(
    null,
    name2 ? [state, name2] : [state]
  );
  hook2.api = { remove: removeHookRef };
  hook2.remove = removeHookRef;
  ["before", "error", "after", "wrap"].forEach((kind) => {
    const args = name2 ? [state, kind, name2] : [state, kind];
    hook2[kind] = hook2.api[kind] = bindable(addHook, null).apply(null, args);
  });
}
function Singular() {
  const singularHookName = /* @__PURE__ */ Symbol("Singular");
  const singularHookState = {
    registry: {}
  };
  const singularHook = register.bind(null, singularHookState, singularHookName);
  bindApi(singularHook, singularHookState, singularHookName);
  return singularHook;
}
function Collection() {
  const state = {
    registry: {}
  };
  const hook2 = register.bind(null, state);
  bindApi(hook2, state);
  return hook2;
}
var before_after_hook_default = { Singular, Collection };

// node_modules/@octokit/endpoint/dist-bundle/index.js
var VERSION = "0.0.0-development";
var userAgent = `octokit-endpoint.js/${VERSION} ${getUserAgent()}`;
var DEFAULTS = {
  method: "GET",
  baseUrl: "https://api.github.com",
  headers: {
    accept: "application/vnd.github.v3+json",
    "user-agent": userAgent
  },
  mediaType: {
    format: ""
  }
};
function lowercaseKeys(object) {
  if (!object) {
    return {};
  }
  return Object.keys(object).reduce((newObj, key) => {
    newObj[key.toLowerCase()] = object[key];
    return newObj;
  }, {});
}
function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  const proto = Object.getPrototypeOf(value);
  if (proto === null) return true;
  const Ctor = Object.prototype.hasOwnProperty.call(proto, "constructor") && proto.constructor;
  return typeof Ctor === "function" && Ctor instanceof Ctor && Function.prototype.call(Ctor) === Function.prototype.call(value);
}
function mergeDeep(defaults, options) {
  const result = Object.assign({}, defaults);
  Object.keys(options).forEach((key) => {
    if (isPlainObject(options[key])) {
      if (!(key in defaults)) Object.assign(result, { [key]: options[key] });
      else result[key] = mergeDeep(defaults[key], options[key]);
    } else {
      Object.assign(result, { [key]: options[key] });
    }
  });
  return result;
}
function removeUndefinedProperties(obj) {
  for (const key in obj) {
    if (obj[key] === void 0) {
      delete obj[key];
    }
  }
  return obj;
}
function merge(defaults, route, options) {
  if (typeof route === "string") {
    let [method, url] = route.split(" ");
    options = Object.assign(url ? { method, url } : { url: method }, options);
  } else {
    options = Object.assign({}, route);
  }
  options.headers = lowercaseKeys(options.headers);
  removeUndefinedProperties(options);
  removeUndefinedProperties(options.headers);
  const mergedOptions = mergeDeep(defaults || {}, options);
  if (options.url === "/graphql") {
    if (defaults && defaults.mediaType.previews?.length) {
      mergedOptions.mediaType.previews = defaults.mediaType.previews.filter(
        (preview) => !mergedOptions.mediaType.previews.includes(preview)
      ).concat(mergedOptions.mediaType.previews);
    }
    mergedOptions.mediaType.previews = (mergedOptions.mediaType.previews || []).map((preview) => preview.replace(/-preview/, ""));
  }
  return mergedOptions;
}
function addQueryParameters(url, parameters) {
  const separator = /\?/.test(url) ? "&" : "?";
  const names = Object.keys(parameters);
  if (names.length === 0) {
    return url;
  }
  return url + separator + names.map((name2) => {
    if (name2 === "q") {
      return "q=" + parameters.q.split("+").map(encodeURIComponent).join("+");
    }
    return `${name2}=${encodeURIComponent(parameters[name2])}`;
  }).join("&");
}
var urlVariableRegex = /\{[^{}}]+\}/g;
function removeNonChars(variableName) {
  return variableName.replace(/(?:^\W+)|(?:(?<!\W)\W+$)/g, "").split(/,/);
}
function extractUrlVariableNames(url) {
  const matches = url.match(urlVariableRegex);
  if (!matches) {
    return [];
  }
  return matches.map(removeNonChars).reduce((a, b) => a.concat(b), []);
}
function omit(object, keysToOmit) {
  const result = { __proto__: null };
  for (const key of Object.keys(object)) {
    if (keysToOmit.indexOf(key) === -1) {
      result[key] = object[key];
    }
  }
  return result;
}
function encodeReserved(str) {
  return str.split(/(%[0-9A-Fa-f]{2})/g).map(function(part) {
    if (!/%[0-9A-Fa-f]/.test(part)) {
      part = encodeURI(part).replace(/%5B/g, "[").replace(/%5D/g, "]");
    }
    return part;
  }).join("");
}
function encodeUnreserved(str) {
  return encodeURIComponent(str).replace(/[!'()*]/g, function(c) {
    return "%" + c.charCodeAt(0).toString(16).toUpperCase();
  });
}
function encodeValue(operator, value, key) {
  value = operator === "+" || operator === "#" ? encodeReserved(value) : encodeUnreserved(value);
  if (key) {
    return encodeUnreserved(key) + "=" + value;
  } else {
    return value;
  }
}
function isDefined(value) {
  return value !== void 0 && value !== null;
}
function isKeyOperator(operator) {
  return operator === ";" || operator === "&" || operator === "?";
}
function getValues(context, operator, key, modifier) {
  var value = context[key], result = [];
  if (isDefined(value) && value !== "") {
    if (typeof value === "string" || typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
      value = value.toString();
      if (modifier && modifier !== "*") {
        value = value.substring(0, parseInt(modifier, 10));
      }
      result.push(
        encodeValue(operator, value, isKeyOperator(operator) ? key : "")
      );
    } else {
      if (modifier === "*") {
        if (Array.isArray(value)) {
          value.filter(isDefined).forEach(function(value2) {
            result.push(
              encodeValue(operator, value2, isKeyOperator(operator) ? key : "")
            );
          });
        } else {
          Object.keys(value).forEach(function(k) {
            if (isDefined(value[k])) {
              result.push(encodeValue(operator, value[k], k));
            }
          });
        }
      } else {
        const tmp = [];
        if (Array.isArray(value)) {
          value.filter(isDefined).forEach(function(value2) {
            tmp.push(encodeValue(operator, value2));
          });
        } else {
          Object.keys(value).forEach(function(k) {
            if (isDefined(value[k])) {
              tmp.push(encodeUnreserved(k));
              tmp.push(encodeValue(operator, value[k].toString()));
            }
          });
        }
        if (isKeyOperator(operator)) {
          result.push(encodeUnreserved(key) + "=" + tmp.join(","));
        } else if (tmp.length !== 0) {
          result.push(tmp.join(","));
        }
      }
    }
  } else {
    if (operator === ";") {
      if (isDefined(value)) {
        result.push(encodeUnreserved(key));
      }
    } else if (value === "" && (operator === "&" || operator === "?")) {
      result.push(encodeUnreserved(key) + "=");
    } else if (value === "") {
      result.push("");
    }
  }
  return result;
}
function parseUrl(template) {
  return {
    expand: expand.bind(null, template)
  };
}
function expand(template, context) {
  var operators = ["+", "#", ".", "/", ";", "?", "&"];
  template = template.replace(
    /\{([^\{\}]+)\}|([^\{\}]+)/g,
    function(_, expression, literal) {
      if (expression) {
        let operator = "";
        const values = [];
        if (operators.indexOf(expression.charAt(0)) !== -1) {
          operator = expression.charAt(0);
          expression = expression.substr(1);
        }
        expression.split(/,/g).forEach(function(variable) {
          var tmp = /([^:\*]*)(?::(\d+)|(\*))?/.exec(variable);
          values.push(getValues(context, operator, tmp[1], tmp[2] || tmp[3]));
        });
        if (operator && operator !== "+") {
          var separator = ",";
          if (operator === "?") {
            separator = "&";
          } else if (operator !== "#") {
            separator = operator;
          }
          return (values.length !== 0 ? operator : "") + values.join(separator);
        } else {
          return values.join(",");
        }
      } else {
        return encodeReserved(literal);
      }
    }
  );
  if (template === "/") {
    return template;
  } else {
    return template.replace(/\/$/, "");
  }
}
function parse(options) {
  let method = options.method.toUpperCase();
  let url = (options.url || "/").replace(/:([a-z]\w+)/g, "{$1}");
  let headers = Object.assign({}, options.headers);
  let body;
  let parameters = omit(options, [
    "method",
    "baseUrl",
    "url",
    "headers",
    "request",
    "mediaType"
  ]);
  const urlVariableNames = extractUrlVariableNames(url);
  url = parseUrl(url).expand(parameters);
  if (!/^http/.test(url)) {
    url = options.baseUrl + url;
  }
  const omittedParameters = Object.keys(options).filter((option) => urlVariableNames.includes(option)).concat("baseUrl");
  const remainingParameters = omit(parameters, omittedParameters);
  const isBinaryRequest = /application\/octet-stream/i.test(headers.accept);
  if (!isBinaryRequest) {
    if (options.mediaType.format) {
      headers.accept = headers.accept.split(/,/).map(
        (format) => format.replace(
          /application\/vnd(\.\w+)(\.v3)?(\.\w+)?(\+json)?$/,
          `application/vnd$1$2.${options.mediaType.format}`
        )
      ).join(",");
    }
    if (url.endsWith("/graphql")) {
      if (options.mediaType.previews?.length) {
        const previewsFromAcceptHeader = headers.accept.match(/(?<![\w-])[\w-]+(?=-preview)/g) || [];
        headers.accept = previewsFromAcceptHeader.concat(options.mediaType.previews).map((preview) => {
          const format = options.mediaType.format ? `.${options.mediaType.format}` : "+json";
          return `application/vnd.github.${preview}-preview${format}`;
        }).join(",");
      }
    }
  }
  if (["GET", "HEAD"].includes(method)) {
    url = addQueryParameters(url, remainingParameters);
  } else {
    if ("data" in remainingParameters) {
      body = remainingParameters.data;
    } else {
      if (Object.keys(remainingParameters).length) {
        body = remainingParameters;
      }
    }
  }
  if (!headers["content-type"] && typeof body !== "undefined") {
    headers["content-type"] = "application/json; charset=utf-8";
  }
  if (["PATCH", "PUT"].includes(method) && typeof body === "undefined") {
    body = "";
  }
  return Object.assign(
    { method, url, headers },
    typeof body !== "undefined" ? { body } : null,
    options.request ? { request: options.request } : null
  );
}
function endpointWithDefaults(defaults, route, options) {
  return parse(merge(defaults, route, options));
}
function withDefaults(oldDefaults, newDefaults) {
  const DEFAULTS2 = merge(oldDefaults, newDefaults);
  const endpoint2 = endpointWithDefaults.bind(null, DEFAULTS2);
  return Object.assign(endpoint2, {
    DEFAULTS: DEFAULTS2,
    defaults: withDefaults.bind(null, DEFAULTS2),
    merge: merge.bind(null, DEFAULTS2),
    parse
  });
}
var endpoint = withDefaults(null, DEFAULTS);

// node_modules/content-type/dist/index.js
var SP = 32;
var HTAB = 9;
var SEMI = 59;
var EQ = 61;
var DQUOTE = 34;
var BSLASH = 92;
var COMMA = 44;
var LOWER_CASE = 1;
var OWS = 2;
var SEMI_FLAG = 4;
var COMMA_FLAG = 8;
var TOKEN_FLAG = 16;
var NON_ASCII = 65280;
var CASE_FLAGS = LOWER_CASE | NON_ASCII;
var CHAR_MAP = new Uint8Array(256);
CHAR_MAP[HTAB] |= OWS;
CHAR_MAP[SP] |= OWS;
CHAR_MAP[SEMI] |= SEMI_FLAG;
CHAR_MAP[COMMA] |= COMMA_FLAG;
for (let code2 = 128; code2 <= 255; code2++) {
  CHAR_MAP[code2] |= LOWER_CASE;
}
for (const char of "!#$%&'*+-.^_`|~") {
  CHAR_MAP[char.charCodeAt(0)] |= TOKEN_FLAG;
}
for (let code2 = 48; code2 <= 57; code2++) {
  CHAR_MAP[code2] |= TOKEN_FLAG;
}
for (let code2 = 65; code2 <= 90; code2++) {
  CHAR_MAP[code2] |= LOWER_CASE | TOKEN_FLAG;
}
for (let code2 = 97; code2 <= 122; code2++) {
  CHAR_MAP[code2] |= TOKEN_FLAG;
}
var NullObject = /* @__PURE__ */ (() => {
  const C = function() {
  };
  C.prototype = /* @__PURE__ */ Object.create(null);
  return C;
})();
function parse2(header, options) {
  const stopFlags = SEMI_FLAG | (options?.comma === true ? COMMA_FLAG : 0);
  const len = header.length;
  let valueStart = options?.start ?? 0;
  while ((CHAR_MAP[header.charCodeAt(valueStart)] & OWS) !== 0) {
    valueStart++;
  }
  let index = valueStart;
  let typeFlags = 0;
  let whitespace = -1;
  let stop = options?.parameters === false ? COMMA_FLAG : 0;
  while (index < len) {
    const code2 = header.charCodeAt(index);
    const flags = CHAR_MAP[code2];
    if ((flags & stopFlags) !== 0) {
      stop |= flags & COMMA_FLAG;
      break;
    }
    if ((flags & OWS) !== 0) {
      if (whitespace === -1)
        whitespace = index;
    } else {
      whitespace = -1;
    }
    typeFlags |= code2 & NON_ASCII | flags;
    index++;
  }
  const valueEnd = whitespace === -1 ? index : whitespace;
  const value = header.slice(valueStart, valueEnd);
  const type = (typeFlags & CASE_FLAGS) === 0 ? value : value.toLowerCase();
  if (index === len || stop !== 0) {
    return { type, index, parameters: new NullObject() };
  }
  return parseParameters(header, type, index, len, stopFlags);
}
function parseParameters(header, type, index, len, stopFlags) {
  const parameters = new NullObject();
  parameter: while (index < len) {
    index++;
    while ((CHAR_MAP[header.charCodeAt(index)] & OWS) !== 0) {
      index++;
    }
    const keyStart = index;
    let keyFlags = 0;
    let keyWhitespace = -1;
    while (index < len) {
      const code2 = header.charCodeAt(index);
      const flags = CHAR_MAP[code2];
      if ((flags & stopFlags) !== 0) {
        if ((flags & COMMA_FLAG) !== 0)
          break parameter;
        continue parameter;
      }
      if (code2 === EQ) {
        const keyEnd = keyWhitespace === -1 ? index : keyWhitespace;
        const value = header.slice(keyStart, keyEnd);
        const key = (keyFlags & CASE_FLAGS) === 0 ? value : value.toLowerCase();
        index++;
        while ((CHAR_MAP[header.charCodeAt(index)] & OWS) !== 0) {
          index++;
        }
        if (index < len && header.charCodeAt(index) === DQUOTE) {
          const quotedStart = ++index;
          let escaped = false;
          while (index < len) {
            const code3 = header.charCodeAt(index);
            if (code3 === DQUOTE) {
              if (parameters[key] === void 0) {
                parameters[key] = escaped ? unescapeQuotedPairs(header, quotedStart, index) : header.slice(quotedStart, index);
              }
              index++;
              let stop2 = 0;
              while (index < len) {
                const code4 = header.charCodeAt(index);
                const flags2 = CHAR_MAP[code4];
                if ((flags2 & stopFlags) !== 0) {
                  stop2 = flags2 & COMMA_FLAG;
                  break;
                }
                index++;
              }
              if (stop2 !== 0)
                break parameter;
              continue parameter;
            }
            if (code3 === BSLASH && index + 1 < len) {
              escaped = true;
              index += 2;
              continue;
            }
            index++;
          }
          continue parameter;
        }
        const valueStart = index;
        let stop = 0;
        let valueWhitespace = -1;
        while (index < len) {
          const code3 = header.charCodeAt(index);
          const flags2 = CHAR_MAP[code3];
          if ((flags2 & stopFlags) !== 0) {
            stop = flags2 & COMMA_FLAG;
            break;
          }
          if ((flags2 & OWS) !== 0) {
            if (valueWhitespace === -1)
              valueWhitespace = index;
          } else {
            valueWhitespace = -1;
          }
          index++;
        }
        if (parameters[key] === void 0) {
          const valueEnd = valueWhitespace === -1 ? index : valueWhitespace;
          parameters[key] = header.slice(valueStart, valueEnd);
        }
        if (stop !== 0)
          break parameter;
        continue parameter;
      }
      if ((flags & OWS) !== 0) {
        if (keyWhitespace === -1)
          keyWhitespace = index;
      } else {
        keyWhitespace = -1;
      }
      keyFlags |= code2 & NON_ASCII | flags;
      index++;
    }
  }
  return { type, index, parameters };
}
function unescapeQuotedPairs(str, start, end) {
  let result = "";
  for (let index = start; index < end; index++) {
    if (str.charCodeAt(index) === BSLASH) {
      result += str.slice(start, index);
      start = ++index;
    }
  }
  return result + str.slice(start, end);
}

// node_modules/json-with-bigint/json-with-bigint.js
var intRegex = /^-?\d+$/;
var noiseValue = /^-?\d+n+$/;
var originalStringify = JSON.stringify;
var originalParse = JSON.parse;
var customFormat = /^-?\d+n$/;
var bigIntsStringify = /([\[:])?"(-?\d+)n"($|\s*[,\}\]])/g;
var noiseStringify = /([\[:])?("-?\d+n+)n("$|"\s*[,\}\]])/g;
var isUnstringifiable = (val) => val === void 0 || typeof val === "function" || typeof val === "symbol";
var isRawJSON = (val) => val !== null && typeof val === "object" && val.constructor && val.constructor.name === "RawJSON";
var stringifyIteratively = (rootValue, replacer, spaceParam) => {
  let space = "";
  if (typeof spaceParam === "number") {
    space = " ".repeat(Math.min(10, Math.max(0, Math.floor(spaceParam))));
  } else if (typeof spaceParam === "string") {
    space = spaceParam.slice(0, 10);
  }
  const isFunctionReplacer = typeof replacer === "function";
  const propertyList = Array.isArray(replacer) ? new Set(replacer.map(String)) : null;
  const prepareVal = (parent, key, val) => {
    const isObject = val !== null && typeof val === "object";
    const hasToJSON = isObject && typeof val.toJSON === "function";
    if (hasToJSON) {
      val = val.toJSON(key);
    }
    const isNoise = typeof val === "string" && noiseValue.test(val);
    if (isNoise) return val + "n";
    const isBigInt = typeof val === "bigint";
    if (isBigInt) {
      const supportsRawJSON = "rawJSON" in JSON;
      if (supportsRawJSON) return JSON.rawJSON(val.toString());
      return val.toString() + "n";
    }
    if (isFunctionReplacer) {
      val = replacer.call(parent, key, val);
    }
    const isPostReplacerObject = val !== null && typeof val === "object";
    if (isPostReplacerObject) {
      const isPrimitiveWrapper = val instanceof Number || val instanceof String || val instanceof Boolean;
      if (isPrimitiveWrapper) {
        val = val.valueOf();
      }
    }
    return val;
  };
  const rootProcessed = prepareVal({ "": rootValue }, "", rootValue);
  if (isUnstringifiable(rootProcessed)) {
    return void 0;
  }
  const isRootPrimitive = rootProcessed === null || typeof rootProcessed !== "object";
  const isRootNativeRawJSON = isRawJSON(rootProcessed);
  if (isRootPrimitive || isRootNativeRawJSON) {
    return originalStringify(rootProcessed);
  }
  const chunks = [];
  let level = 0;
  const stack = [
    {
      parent: { "": rootProcessed },
      key: "",
      val: rootProcessed,
      isArray: Array.isArray(rootProcessed),
      keys: Array.isArray(rootProcessed) ? null : Object.keys(rootProcessed),
      index: 0,
      first: true
    }
  ];
  const visited = new WeakSet([rootProcessed]);
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    if (node.index === 0) {
      chunks.push(node.isArray ? "[" : "{");
      level++;
    }
    let isDone = false;
    if (node.isArray) {
      if (node.index < node.val.length) {
        if (!node.first) chunks.push(",");
        if (space) chunks.push("\n" + space.repeat(level));
        const childRaw = node.val[node.index];
        const childVal = prepareVal(node.val, String(node.index), childRaw);
        if (isUnstringifiable(childVal)) {
          chunks.push("null");
          node.first = false;
          node.index++;
        } else {
          const isComplexObject = childVal !== null && typeof childVal === "object";
          const isNativeRaw = isRawJSON(childVal);
          if (isComplexObject && !isNativeRaw) {
            if (visited.has(childVal)) {
              throw new TypeError("Converting circular structure to JSON");
            }
            visited.add(childVal);
            stack.push({
              parent: node.val,
              key: String(node.index),
              val: childVal,
              isArray: Array.isArray(childVal),
              keys: Array.isArray(childVal) ? null : Object.keys(childVal),
              index: 0,
              first: true
            });
            node.first = false;
            node.index++;
          } else {
            chunks.push(originalStringify(childVal));
            node.first = false;
            node.index++;
          }
        }
      } else {
        isDone = true;
      }
    } else {
      while (node.index < node.keys.length) {
        const k = node.keys[node.index++];
        const isFilteredOutByArray = propertyList && !propertyList.has(k);
        if (isFilteredOutByArray) continue;
        const childRaw = node.val[k];
        const childVal = prepareVal(node.val, k, childRaw);
        if (isUnstringifiable(childVal)) continue;
        if (!node.first) chunks.push(",");
        if (space) {
          chunks.push("\n" + space.repeat(level) + originalStringify(k) + ": ");
        } else {
          chunks.push(originalStringify(k) + ":");
        }
        const isComplexObject = childVal !== null && typeof childVal === "object";
        const isNativeRaw = isRawJSON(childVal);
        if (isComplexObject && !isNativeRaw) {
          if (visited.has(childVal)) {
            throw new TypeError("Converting circular structure to JSON");
          }
          visited.add(childVal);
          stack.push({
            parent: node.val,
            key: k,
            val: childVal,
            isArray: Array.isArray(childVal),
            keys: Array.isArray(childVal) ? null : Object.keys(childVal),
            index: 0,
            first: true
          });
          node.first = false;
          break;
        } else {
          chunks.push(originalStringify(childVal));
          node.first = false;
        }
      }
      const isNodeFullyProcessed = node.index >= node.keys.length && stack[stack.length - 1] === node;
      if (isNodeFullyProcessed) {
        isDone = true;
      }
    }
    if (isDone) {
      level--;
      if (!node.first && space) chunks.push("\n" + space.repeat(level));
      chunks.push(node.isArray ? "]" : "}");
      visited.delete(node.val);
      stack.pop();
    }
  }
  return chunks.join("");
};
var JSONStringify = (value, replacer, space) => {
  try {
    const supportsRawJSON = "rawJSON" in JSON;
    if (supportsRawJSON) {
      return originalStringify(
        value,
        (key, val) => {
          if (typeof val === "bigint") return JSON.rawJSON(val.toString());
          const hasFunctionReplacer = typeof replacer === "function";
          if (hasFunctionReplacer) return replacer(key, val);
          const isKeyInArrayReplacer = Array.isArray(replacer) && replacer.includes(key);
          if (isKeyInArrayReplacer) return val;
          return val;
        },
        space
      );
    }
    if (!value) return originalStringify(value, replacer, space);
    const convertedToCustomJSON = originalStringify(
      value,
      (key, val) => {
        const isNoise = typeof val === "string" && noiseValue.test(val);
        if (isNoise) return val.toString() + "n";
        if (typeof val === "bigint") return val.toString() + "n";
        const hasFunctionReplacer = typeof replacer === "function";
        if (hasFunctionReplacer) return replacer(key, val);
        const isKeyInArrayReplacer = Array.isArray(replacer) && replacer.includes(key);
        if (isKeyInArrayReplacer) return val;
        return val;
      },
      space
    );
    const processedJSON = convertedToCustomJSON.replace(
      bigIntsStringify,
      "$1$2$3"
    );
    const denoisedJSON = processedJSON.replace(noiseStringify, "$1$2$3");
    return denoisedJSON;
  } catch (error) {
    if (error instanceof RangeError) {
      const convertedJSON = stringifyIteratively(value, replacer, space);
      if (convertedJSON === void 0) return void 0;
      const supportsRawJSON = "rawJSON" in JSON;
      if (supportsRawJSON) return convertedJSON;
      const processedJSON = convertedJSON.replace(bigIntsStringify, "$1$2$3");
      return processedJSON.replace(noiseStringify, "$1$2$3");
    }
    throw error;
  }
};
var featureCache = /* @__PURE__ */ new Map();
var isContextSourceSupported = () => {
  const parseFingerprint = JSON.parse.toString();
  if (featureCache.has(parseFingerprint)) {
    return featureCache.get(parseFingerprint);
  }
  try {
    const result = JSON.parse(
      "1",
      (_, __, context) => !!context?.source && context.source === "1"
    );
    featureCache.set(parseFingerprint, result);
    return result;
  } catch {
    featureCache.set(parseFingerprint, false);
    return false;
  }
};
var convertMarkedBigIntsReviver = (key, value, context, userReviver) => {
  const isCustomFormatBigInt = typeof value === "string" && customFormat.test(value);
  if (isCustomFormatBigInt) return BigInt(value.slice(0, -1));
  const isNoiseValue = typeof value === "string" && noiseValue.test(value);
  if (isNoiseValue) return value.slice(0, -1);
  const hasUserReviver = typeof userReviver === "function";
  if (!hasUserReviver) return value;
  return userReviver(key, value, context);
};
var JSONParseV2 = (text2, reviver) => {
  return JSON.parse(text2, (key, value, context) => {
    const isNumber = typeof value === "number";
    const isOutOfBounds = value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER;
    const isBigNumber = isNumber && isOutOfBounds;
    const isInt = context && intRegex.test(context.source);
    const isBigInt = isBigNumber && isInt;
    if (isBigInt) return BigInt(context.source);
    const hasCustomReviver = typeof reviver === "function";
    if (!hasCustomReviver) return value;
    return reviver(key, value, context);
  });
};
var MAX_INT = Number.MAX_SAFE_INTEGER.toString();
var MAX_DIGITS = MAX_INT.length;
var stringsOrLargeNumbers = /"(?:[^"\\]|\\.)*"|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/g;
var noiseValueWithQuotes = /^"-?\d+n+"$/;
var applyReviverIteratively = (parsed, userReviver) => {
  const rootHolder = { "": parsed };
  const stack = [{ parent: rootHolder, key: "", visited: false }];
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    if (!node.visited) {
      node.visited = true;
      const value = node.parent[node.key];
      const isComplexObject = value !== null && typeof value === "object";
      if (isComplexObject) {
        const keys = Object.keys(value);
        for (let i = keys.length - 1; i >= 0; i--) {
          stack.push({ parent: value, key: keys[i], visited: false });
        }
      }
    } else {
      const { parent, key } = node;
      let value = parent[key];
      if (typeof value === "string") {
        const isCustomFormatBigInt = customFormat.test(value);
        if (isCustomFormatBigInt) {
          value = BigInt(value.slice(0, -1));
        } else {
          const isNoise = noiseValue.test(value);
          if (isNoise) value = value.slice(0, -1);
        }
      }
      const hasUserReviver = typeof userReviver === "function";
      if (hasUserReviver) {
        value = userReviver.call(parent, key, value);
      }
      const isDeleted = value === void 0;
      if (isDeleted) {
        delete parent[key];
      } else {
        parent[key] = value;
      }
      stack.pop();
    }
  }
  return rootHolder[""];
};
var serializeBigInts = (text2) => {
  return text2.replace(
    stringsOrLargeNumbers,
    (match, digits, fractional, exponential) => {
      const isString = match[0] === '"';
      const isNoise = isString && noiseValueWithQuotes.test(match);
      if (isNoise) return match.substring(0, match.length - 1) + 'n"';
      const hasFractionalOrExponential = fractional || exponential;
      const isLessThanMaxSafeInt = digits && (digits.length < MAX_DIGITS || digits.length === MAX_DIGITS && digits <= MAX_INT);
      const isStandardValue = isString || hasFractionalOrExponential || isLessThanMaxSafeInt;
      if (isStandardValue) return match;
      return '"' + match + 'n"';
    }
  );
};
var JSONParse = (text2, reviver) => {
  if (!text2) return originalParse(text2, reviver);
  try {
    if (isContextSourceSupported()) return JSONParseV2(text2, reviver);
    const serializedData = serializeBigInts(text2);
    return originalParse(
      serializedData,
      (key, value, context) => convertMarkedBigIntsReviver(key, value, context, reviver)
    );
  } catch (error) {
    if (error instanceof RangeError) {
      const serializedData = serializeBigInts(text2);
      const parsed = originalParse(serializedData);
      return applyReviverIteratively(parsed, reviver);
    }
    throw error;
  }
};

// node_modules/@octokit/request-error/dist-src/index.js
var RequestError = class extends Error {
  name;
  /**
   * http status code
   */
  status;
  /**
   * Request options that lead to the error.
   */
  request;
  /**
   * Response object if a response was received
   */
  response;
  constructor(message, statusCode, options) {
    super(message, { cause: options.cause });
    this.name = "HttpError";
    this.status = Number.parseInt(statusCode);
    if (Number.isNaN(this.status)) {
      this.status = 0;
    }
    if ("response" in options) {
      this.response = options.response;
    }
    const requestCopy = Object.assign({}, options.request);
    if (options.request.headers.authorization) {
      requestCopy.headers = Object.assign({}, options.request.headers, {
        authorization: options.request.headers.authorization.replace(
          /(?<! ) .*$/,
          " [REDACTED]"
        )
      });
    }
    requestCopy.url = requestCopy.url.replace(/\bclient_secret=\w+/g, "client_secret=[REDACTED]").replace(/\baccess_token=\w+/g, "access_token=[REDACTED]");
    this.request = requestCopy;
  }
};

// node_modules/@octokit/request/dist-bundle/index.js
var VERSION2 = "10.0.16";
var defaults_default = {
  headers: {
    "user-agent": `octokit-request.js/${VERSION2} ${getUserAgent()}`
  }
};
function isPlainObject2(value) {
  if (typeof value !== "object" || value === null) return false;
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  const proto = Object.getPrototypeOf(value);
  if (proto === null) return true;
  const Ctor = Object.prototype.hasOwnProperty.call(proto, "constructor") && proto.constructor;
  return typeof Ctor === "function" && Ctor instanceof Ctor && Function.prototype.call(Ctor) === Function.prototype.call(value);
}
var noop = () => "";
async function fetchWrapper(requestOptions) {
  const fetch3 = requestOptions.request?.fetch || globalThis.fetch;
  if (!fetch3) {
    throw new Error(
      "fetch is not set. Please pass a fetch implementation as new Octokit({ request: { fetch }}). Learn more at https://github.com/octokit/octokit.js/#fetch-missing"
    );
  }
  const log = requestOptions.request?.log || console;
  const parseSuccessResponseBody = requestOptions.request?.parseSuccessResponseBody !== false;
  const body = isPlainObject2(requestOptions.body) || Array.isArray(requestOptions.body) ? JSONStringify(requestOptions.body) : requestOptions.body;
  const requestHeaders = Object.fromEntries(
    Object.entries(requestOptions.headers).map(([name2, value]) => [
      name2,
      String(value)
    ])
  );
  let fetchResponse;
  try {
    fetchResponse = await fetch3(requestOptions.url, {
      method: requestOptions.method,
      body,
      redirect: requestOptions.request?.redirect,
      headers: requestHeaders,
      signal: requestOptions.request?.signal,
      // duplex must be set if request.body is ReadableStream or Async Iterables.
      // See https://fetch.spec.whatwg.org/#dom-requestinit-duplex.
      ...requestOptions.body && { duplex: "half" }
    });
  } catch (error) {
    let message = "Unknown Error";
    if (error instanceof Error) {
      if (error.name === "AbortError") {
        error.status = 500;
        throw error;
      }
      message = error.message;
      if (error.name === "TypeError" && "cause" in error) {
        if (error.cause instanceof Error) {
          message = error.cause.message;
        } else if (typeof error.cause === "string") {
          message = error.cause;
        }
      }
    }
    const requestError = new RequestError(message, 500, {
      request: requestOptions
    });
    requestError.cause = error;
    throw requestError;
  }
  const status2 = fetchResponse.status;
  const url = fetchResponse.url;
  const responseHeaders = {};
  for (const [key, value] of fetchResponse.headers) {
    responseHeaders[key] = value;
  }
  const octokitResponse = {
    url,
    status: status2,
    headers: responseHeaders,
    data: ""
  };
  if ("deprecation" in responseHeaders) {
    const matches = responseHeaders.link && responseHeaders.link.match(/<([^<>]+)>; rel="deprecation"/);
    const deprecationLink = matches && matches.pop();
    log.warn(
      `[@octokit/request] "${requestOptions.method} ${requestOptions.url}" is deprecated. It is scheduled to be removed on ${responseHeaders.sunset}${deprecationLink ? `. See ${deprecationLink}` : ""}`
    );
  }
  if (status2 === 204 || status2 === 205) {
    return octokitResponse;
  }
  if (requestOptions.method === "HEAD") {
    if (status2 < 400) {
      return octokitResponse;
    }
    throw new RequestError(fetchResponse.statusText, status2, {
      response: octokitResponse,
      request: requestOptions
    });
  }
  if (status2 === 304) {
    octokitResponse.data = await getResponseData(fetchResponse);
    throw new RequestError("Not modified", status2, {
      response: octokitResponse,
      request: requestOptions
    });
  }
  if (status2 >= 400) {
    octokitResponse.data = await getResponseData(fetchResponse);
    throw new RequestError(toErrorMessage(octokitResponse.data), status2, {
      response: octokitResponse,
      request: requestOptions
    });
  }
  octokitResponse.data = parseSuccessResponseBody ? await getResponseData(fetchResponse) : fetchResponse.body;
  return octokitResponse;
}
async function getResponseData(response) {
  const contentType = response.headers.get("content-type");
  if (!contentType) {
    return response.text().catch(noop);
  }
  const mimetype = parse2(contentType);
  if (isJSONResponse(mimetype)) {
    let text2 = "";
    try {
      text2 = await response.text();
      return JSONParse(text2);
    } catch (err) {
      return text2;
    }
  } else if (mimetype.type.startsWith("text/") || // `application/octet-stream` is the canonical "arbitrary binary" type
  // (RFC 2046) and must never be decoded as text, even when the response
  // carries a (misleading) `charset=utf-8` parameter — see #751.
  mimetype.parameters.charset?.toLowerCase() === "utf-8" && mimetype.type !== "application/octet-stream") {
    return response.text().catch(noop);
  } else {
    return response.arrayBuffer().catch(
      /* v8 ignore next -- @preserve */
      () => new ArrayBuffer(0)
    );
  }
}
function isJSONResponse(mimetype) {
  return mimetype.type === "application/json" || mimetype.type === "application/scim+json";
}
function toErrorMessage(data) {
  if (typeof data === "string") {
    return data;
  }
  if (data instanceof ArrayBuffer) {
    return "Unknown error";
  }
  if (typeof data === "object" && data !== null && "message" in data) {
    const objectData = data;
    const suffix = "documentation_url" in objectData ? ` - ${objectData.documentation_url}` : "";
    return Array.isArray(objectData.errors) ? `${objectData.message}: ${objectData.errors.map((v) => JSON.stringify(v)).join(", ")}${suffix}` : `${objectData.message}${suffix}`;
  }
  return `Unknown error: ${JSON.stringify(data)}`;
}
function withDefaults2(oldEndpoint, newDefaults) {
  const endpoint2 = oldEndpoint.defaults(newDefaults);
  const newApi = function(route, parameters) {
    const endpointOptions = endpoint2.merge(route, parameters);
    if (!endpointOptions.request || !endpointOptions.request.hook) {
      return fetchWrapper(endpoint2.parse(endpointOptions));
    }
    const request2 = (route2, parameters2) => {
      return fetchWrapper(
        endpoint2.parse(endpoint2.merge(route2, parameters2))
      );
    };
    Object.assign(request2, {
      endpoint: endpoint2,
      defaults: withDefaults2.bind(null, endpoint2)
    });
    return endpointOptions.request.hook(request2, endpointOptions);
  };
  return Object.assign(newApi, {
    endpoint: endpoint2,
    defaults: withDefaults2.bind(null, endpoint2)
  });
}
var request = withDefaults2(endpoint, defaults_default);

// node_modules/@octokit/graphql/dist-bundle/index.js
var VERSION3 = "0.0.0-development";
function _buildMessageForResponseErrors(data) {
  return `Request failed due to following response errors:
` + data.errors.map((e) => ` - ${e.message}`).join("\n");
}
var GraphqlResponseError = class extends Error {
  constructor(request2, headers, response) {
    super(_buildMessageForResponseErrors(response));
    this.request = request2;
    this.headers = headers;
    this.response = response;
    this.errors = response.errors;
    this.data = response.data;
    if (Error.captureStackTrace) {
      Error.captureStackTrace(this, this.constructor);
    }
  }
  request;
  headers;
  response;
  name = "GraphqlResponseError";
  errors;
  data;
};
var NON_VARIABLE_OPTIONS = [
  "method",
  "baseUrl",
  "url",
  "headers",
  "request",
  "query",
  "mediaType",
  "operationName"
];
var FORBIDDEN_VARIABLE_OPTIONS = ["query", "method", "url"];
var GHES_V3_SUFFIX_REGEX = /\/api\/v3\/?$/;
function graphql(request2, query, options) {
  if (options) {
    if (typeof query === "string" && "query" in options) {
      return Promise.reject(
        new Error(`[@octokit/graphql] "query" cannot be used as variable name`)
      );
    }
    for (const key in options) {
      if (!FORBIDDEN_VARIABLE_OPTIONS.includes(key)) continue;
      return Promise.reject(
        new Error(
          `[@octokit/graphql] "${key}" cannot be used as variable name`
        )
      );
    }
  }
  const parsedOptions = typeof query === "string" ? Object.assign({ query }, options) : query;
  const requestOptions = Object.keys(
    parsedOptions
  ).reduce((result, key) => {
    if (NON_VARIABLE_OPTIONS.includes(key)) {
      result[key] = parsedOptions[key];
      return result;
    }
    if (!result.variables) {
      result.variables = {};
    }
    result.variables[key] = parsedOptions[key];
    return result;
  }, {});
  const baseUrl = parsedOptions.baseUrl || request2.endpoint.DEFAULTS.baseUrl;
  if (GHES_V3_SUFFIX_REGEX.test(baseUrl)) {
    requestOptions.url = baseUrl.replace(GHES_V3_SUFFIX_REGEX, "/api/graphql");
  }
  return request2(requestOptions).then((response) => {
    if (response.data.errors) {
      const headers = {};
      for (const key of Object.keys(response.headers)) {
        headers[key] = response.headers[key];
      }
      throw new GraphqlResponseError(
        requestOptions,
        headers,
        response.data
      );
    }
    return response.data.data;
  });
}
function withDefaults3(request2, newDefaults) {
  const newRequest = request2.defaults(newDefaults);
  const newApi = (query, options) => {
    return graphql(newRequest, query, options);
  };
  return Object.assign(newApi, {
    defaults: withDefaults3.bind(null, newRequest),
    endpoint: newRequest.endpoint
  });
}
var graphql2 = withDefaults3(request, {
  headers: {
    "user-agent": `octokit-graphql.js/${VERSION3} ${getUserAgent()}`
  },
  method: "POST",
  url: "/graphql"
});
function withCustomRequest(customRequest) {
  return withDefaults3(customRequest, {
    method: "POST",
    url: "/graphql"
  });
}

// node_modules/@octokit/auth-token/dist-bundle/index.js
var b64url = "(?:[a-zA-Z0-9_-]+)";
var sep = "\\.";
var jwtRE = new RegExp(`^${b64url}${sep}${b64url}${sep}${b64url}$`);
var isJWT = jwtRE.test.bind(jwtRE);
async function auth(token) {
  const isApp = isJWT(token);
  const isInstallation = token.startsWith("v1.") || token.startsWith("ghs_");
  const isUserToServer = token.startsWith("ghu_");
  const tokenType = isApp ? "app" : isInstallation ? "installation" : isUserToServer ? "user-to-server" : "oauth";
  return {
    type: "token",
    token,
    tokenType
  };
}
function withAuthorizationPrefix(token) {
  if (token.split(/\./).length === 3) {
    return `bearer ${token}`;
  }
  return `token ${token}`;
}
async function hook(token, request2, route, parameters) {
  const endpoint2 = request2.endpoint.merge(
    route,
    parameters
  );
  endpoint2.headers.authorization = withAuthorizationPrefix(token);
  return request2(endpoint2);
}
var createTokenAuth = function createTokenAuth2(token) {
  if (!token) {
    throw new Error("[@octokit/auth-token] No token passed to createTokenAuth");
  }
  if (typeof token !== "string") {
    throw new Error(
      "[@octokit/auth-token] Token passed to createTokenAuth is not a string"
    );
  }
  token = token.replace(/^(token|bearer) +/i, "");
  return Object.assign(auth.bind(null, token), {
    hook: hook.bind(null, token)
  });
};

// node_modules/@octokit/core/dist-src/version.js
var VERSION4 = "7.0.8";

// node_modules/@octokit/core/dist-src/index.js
var noop2 = () => {
};
var consoleWarn = console.warn.bind(console);
var consoleError = console.error.bind(console);
function createLogger(logger = {}) {
  if (typeof logger.debug !== "function") {
    logger.debug = noop2;
  }
  if (typeof logger.info !== "function") {
    logger.info = noop2;
  }
  if (typeof logger.warn !== "function") {
    logger.warn = consoleWarn;
  }
  if (typeof logger.error !== "function") {
    logger.error = consoleError;
  }
  return logger;
}
var userAgentTrail = `octokit-core.js/${VERSION4} ${getUserAgent()}`;
var Octokit = class {
  static VERSION = VERSION4;
  static defaults(defaults) {
    const OctokitWithDefaults = class extends this {
      constructor(...args) {
        const options = args[0] || {};
        if (typeof defaults === "function") {
          super(defaults(options));
          return;
        }
        super(
          Object.assign(
            {},
            defaults,
            options,
            options.userAgent && defaults.userAgent ? {
              userAgent: `${options.userAgent} ${defaults.userAgent}`
            } : null
          )
        );
      }
    };
    return OctokitWithDefaults;
  }
  static plugins = [];
  /**
   * Attach a plugin (or many) to your Octokit instance.
   *
   * @example
   * const API = Octokit.plugin(plugin1, plugin2, plugin3, ...)
   */
  static plugin(...newPlugins) {
    const currentPlugins = this.plugins;
    const NewOctokit = class extends this {
      static plugins = currentPlugins.concat(
        newPlugins.filter((plugin) => !currentPlugins.includes(plugin))
      );
    };
    return NewOctokit;
  }
  constructor(options = {}) {
    const hook2 = new before_after_hook_default.Collection();
    const requestDefaults = {
      baseUrl: request.endpoint.DEFAULTS.baseUrl,
      headers: {},
      request: Object.assign({}, options.request, {
        // @ts-ignore internal usage only, no need to type
        hook: hook2.bind(null, "request")
      }),
      mediaType: {
        previews: [],
        format: ""
      }
    };
    requestDefaults.headers["user-agent"] = options.userAgent ? `${options.userAgent} ${userAgentTrail}` : userAgentTrail;
    if (options.baseUrl) {
      requestDefaults.baseUrl = options.baseUrl;
    }
    if (options.previews) {
      requestDefaults.mediaType.previews = options.previews;
    }
    if (options.timeZone) {
      requestDefaults.headers["time-zone"] = options.timeZone;
    }
    this.request = request.defaults(requestDefaults);
    this.graphql = withCustomRequest(this.request).defaults(requestDefaults);
    this.log = createLogger(options.log);
    this.hook = hook2;
    if (!options.authStrategy) {
      if (!options.auth) {
        this.auth = async () => ({
          type: "unauthenticated"
        });
      } else {
        const auth2 = createTokenAuth(options.auth);
        hook2.wrap("request", auth2.hook);
        this.auth = auth2;
      }
    } else {
      const { authStrategy, ...otherOptions } = options;
      const auth2 = authStrategy(
        Object.assign(
          {
            request: this.request,
            log: this.log,
            // we pass the current octokit instance as well as its constructor options
            // to allow for authentication strategies that return a new octokit instance
            // that shares the same internal state as the current one. The original
            // requirement for this was the "event-octokit" authentication strategy
            // of https://github.com/probot/octokit-auth-probot.
            octokit: this,
            octokitOptions: otherOptions
          },
          options.auth
        )
      );
      hook2.wrap("request", auth2.hook);
      this.auth = auth2;
    }
    const classConstructor = this.constructor;
    for (let i = 0; i < classConstructor.plugins.length; ++i) {
      Object.assign(this, classConstructor.plugins[i](this, options));
    }
  }
  // assigned during constructor
  request;
  graphql;
  log;
  hook;
  // TODO: type `octokit.auth` based on passed options.authStrategy
  auth;
};

// node_modules/@octokit/plugin-paginate-rest/dist-bundle/index.js
var VERSION5 = "0.0.0-development";
function normalizePaginatedListResponse(response) {
  if (!response.data) {
    return {
      ...response,
      data: []
    };
  }
  const responseNeedsNormalization = ("total_count" in response.data || "total_commits" in response.data) && !("url" in response.data);
  if (!responseNeedsNormalization) return response;
  const incompleteResults = response.data.incomplete_results;
  const repositorySelection = response.data.repository_selection;
  const totalCount = response.data.total_count;
  const totalCommits = response.data.total_commits;
  delete response.data.incomplete_results;
  delete response.data.repository_selection;
  delete response.data.total_count;
  delete response.data.total_commits;
  const namespaceKey = Object.keys(response.data)[0];
  const data = response.data[namespaceKey];
  response.data = data;
  if (typeof incompleteResults !== "undefined") {
    response.data.incomplete_results = incompleteResults;
  }
  if (typeof repositorySelection !== "undefined") {
    response.data.repository_selection = repositorySelection;
  }
  response.data.total_count = totalCount;
  response.data.total_commits = totalCommits;
  return response;
}
function iterator(octokit, route, parameters) {
  const options = typeof route === "function" ? route.endpoint(parameters) : octokit.request.endpoint(route, parameters);
  const requestMethod = typeof route === "function" ? route : octokit.request;
  const method = options.method;
  const headers = options.headers;
  let url = options.url;
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (!url) return { done: true };
        try {
          const response = await requestMethod({ method, url, headers });
          const normalizedResponse = normalizePaginatedListResponse(response);
          url = ((normalizedResponse.headers.link || "").match(
            /<([^<>]+)>;\s*rel="next"/
          ) || [])[1];
          if (!url && "total_commits" in normalizedResponse.data) {
            const parsedUrl = new URL(normalizedResponse.url);
            const params = parsedUrl.searchParams;
            const page = parseInt(params.get("page") || "1", 10);
            const per_page = parseInt(params.get("per_page") || "250", 10);
            if (page * per_page < normalizedResponse.data.total_commits) {
              params.set("page", String(page + 1));
              url = parsedUrl.toString();
            }
          }
          return { value: normalizedResponse };
        } catch (error) {
          if (error.status !== 409) throw error;
          url = "";
          return {
            value: {
              status: 200,
              headers: {},
              data: []
            }
          };
        }
      }
    })
  };
}
function paginate(octokit, route, parameters, mapFn) {
  if (typeof parameters === "function") {
    mapFn = parameters;
    parameters = void 0;
  }
  return gather(
    octokit,
    [],
    iterator(octokit, route, parameters)[Symbol.asyncIterator](),
    mapFn
  );
}
function gather(octokit, results, iterator2, mapFn) {
  return iterator2.next().then((result) => {
    if (result.done) {
      return results;
    }
    let earlyExit = false;
    function done() {
      earlyExit = true;
    }
    results = results.concat(
      mapFn ? mapFn(result.value, done) : result.value.data
    );
    if (earlyExit) {
      return results;
    }
    return gather(octokit, results, iterator2, mapFn);
  });
}
var composePaginateRest = Object.assign(paginate, {
  iterator
});
function paginateRest(octokit) {
  return {
    paginate: Object.assign(paginate.bind(null, octokit), {
      iterator: iterator.bind(null, octokit)
    })
  };
}
paginateRest.VERSION = VERSION5;

// node_modules/@octokit/plugin-retry/dist-bundle/index.js
var import_light = __toESM(require_light(), 1);
var VERSION6 = "0.0.0-development";
function isRequestError(error) {
  return error.request !== void 0;
}
async function errorRequest(state, octokit, error, options) {
  if (!isRequestError(error) || !error?.request.request) {
    throw error;
  }
  if (error.status >= 400 && !state.doNotRetry.includes(error.status)) {
    const retries = options.request.retries != null ? options.request.retries : state.retries;
    const retryAfter = Math.pow((options.request.retryCount || 0) + 1, 2);
    throw octokit.retry.retryRequest(error, retries, retryAfter);
  }
  throw error;
}
async function wrapRequest(state, octokit, request2, options) {
  const limiter = new import_light.default();
  limiter.on("failed", function(error, info) {
    const maxRetries = ~~error.request.request?.retries;
    const after = ~~error.request.request?.retryAfter;
    options.request.retryCount = info.retryCount + 1;
    if (maxRetries > info.retryCount) {
      return after * state.retryAfterBaseValue;
    }
  });
  return limiter.schedule(
    requestWithGraphqlErrorHandling.bind(null, state, octokit, request2),
    options
  );
}
async function requestWithGraphqlErrorHandling(state, octokit, request2, options) {
  const response = await request2(options);
  if (response.data && response.data.errors && response.data.errors.length > 0 && /Something went wrong while executing your query/.test(
    response.data.errors[0].message
  )) {
    const error = new RequestError(response.data.errors[0].message, 500, {
      request: options,
      response
    });
    return errorRequest(state, octokit, error, options);
  }
  return response;
}
function retry(octokit, octokitOptions) {
  const state = Object.assign(
    {
      enabled: true,
      retryAfterBaseValue: 1e3,
      doNotRetry: [400, 401, 403, 404, 410, 422, 451],
      retries: 3
    },
    octokitOptions.retry
  );
  const retryPlugin = {
    retry: {
      retryRequest: (error, retries, retryAfter) => {
        error.request.request = Object.assign({}, error.request.request, {
          retries,
          retryAfter
        });
        return error;
      }
    }
  };
  if (state.enabled) {
    octokit.hook.error("request", errorRequest.bind(null, state, retryPlugin));
    octokit.hook.wrap("request", wrapRequest.bind(null, state, retryPlugin));
  }
  return retryPlugin;
}
retry.VERSION = VERSION6;

// action/patience.ts
import { setTimeout as pause } from "node:timers/promises";
var REQUEST_MS = 15e3;
var ALL_MS = 15e4;
var LONGEST_PAUSE_MS = 2e4;
var PAUSES = 2;
function patientFetch(env) {
  const most = number(env.PLIMSOLL_REQUEST_TIMEOUT_MS) ?? REQUEST_MS;
  const scale = retryBase(env) / 1e3;
  const end = Date.now() + Math.min(ALL_MS, most * 10);
  return async (input, init) => {
    for (let waited = 0; ; waited += 1) {
      const left = Math.max(end - Date.now(), 1);
      const response = await fetch(input, { ...init, signal: AbortSignal.timeout(Math.min(most, left)) });
      const asked = pauseAsked(response);
      if (asked === null || waited === PAUSES || asked > LONGEST_PAUSE_MS) return response;
      await response.arrayBuffer().catch(() => {
      });
      await pause(asked * scale);
    }
  };
}
function pauseAsked(response) {
  const { status: status2, headers } = response;
  if (status2 !== 429 && status2 !== 403) return null;
  const after = number(headers.get("retry-after") ?? void 0);
  if (after !== null) return after * 1e3;
  if (headers.get("x-ratelimit-remaining") === "0") {
    const reset = number(headers.get("x-ratelimit-reset") ?? void 0);
    return reset === null ? null : Math.max(reset * 1e3 - Date.now(), 1e3);
  }
  return status2 === 429 ? 1e3 : null;
}
function retryBase(env) {
  return number(env.PLIMSOLL_RETRY_BASE_MS) ?? 1e3;
}
function number(text2) {
  const value = Number(text2);
  return text2 !== void 0 && text2 !== "" && Number.isFinite(value) && value > 0 ? value : null;
}

// action/shape.ts
var Unreadable = class extends Error {
  name = "Unreadable";
};
function fields(data) {
  if (typeof data !== "object" || data === null || Array.isArray(data)) throw new Unreadable();
  return data;
}
function text(value) {
  if (typeof value !== "string") throw new Unreadable();
  return value;
}
function whole(value) {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new Unreadable();
  return value;
}
function list(data, read2) {
  if (!Array.isArray(data)) throw new Unreadable();
  return data.map(read2);
}
function account(data) {
  if (data === null || data === void 0) return { login: "", isBot: false };
  const { login: login2, type } = fields(data);
  return { login: text(login2), isBot: type === "Bot" };
}
function login(data) {
  return text(fields(data).login);
}
function comment(data) {
  const { id, body, html_url, user } = fields(data);
  return { id: whole(id), body: body == null ? "" : text(body), url: text(html_url), author: account(user) };
}
function pull(data) {
  const { number: number2, state, user, base, head } = fields(data);
  const [onto, from] = [fields(base), fields(head)];
  return {
    number: whole(number2),
    author: account(user).login,
    isOpen: state !== "closed",
    base: { sha: text(onto.sha), ref: text(onto.ref), repository: repository(onto.repo) ?? "" },
    head: { sha: text(from.sha), repository: repository(from.repo) }
  };
}
function repository(data) {
  return data == null ? null : text(fields(data).full_name);
}
var STATES = ["success", "pending", "failure", "error"];
function status(data) {
  const { id, context, state, description, target_url, creator } = fields(data);
  const known = text(state);
  return {
    id: whole(id),
    context: text(context),
    state: STATES.includes(known) ? known : "error",
    description: description == null ? "" : text(description),
    url: target_url == null ? "" : text(target_url),
    creator: account(creator)
  };
}
function role(data) {
  const { permission, role_name } = fields(data);
  const known = ["admin", "maintain", "write", "triage", "read", "none"];
  return typeof role_name === "string" && known.includes(role_name) ? role_name : text(permission);
}
function isActive(data) {
  return fields(data).state === "active";
}
function labelName(data) {
  return text(fields(data).name);
}
function approvals(data) {
  const last = /* @__PURE__ */ new Map();
  for (const review of list(data, fields)) {
    const { login: login2, isBot } = account(review.user);
    const state = text(review.state).toUpperCase();
    if (isBot || login2 === "" || !["APPROVED", "CHANGES_REQUESTED", "DISMISSED"].includes(state)) continue;
    const approved = state === "APPROVED";
    const at = typeof review.submitted_at === "string" ? review.submitted_at : "";
    const commit2 = typeof review.commit_id === "string" ? review.commit_id : "";
    last.set(login2, approved ? { login: login2, commit: commit2, at } : null);
  }
  return [...last.values()].filter((approval) => approval !== null);
}

// action/github.ts
var Uncertain = class extends Error {
  name = "Uncertain";
};
var TooLong = class extends Error {
  name = "TooLong";
};
var RETRIES = 2;
var Client = Octokit.plugin(paginateRest, retry);
function openGitHub(env, token, forked) {
  const client = makeClient(env, token);
  const [owner = "", repo = ""] = (env.GITHUB_REPOSITORY ?? "").split("/");
  const here = { owner, repo };
  const ask = async (purpose, call) => {
    try {
      return await call();
    } catch (error) {
      throw explain(error, purpose, forked);
    }
  };
  const askOrNull = async (purpose, call, ...unknown) => {
    try {
      return await call();
    } catch (error) {
      if (unknown.some((status2) => status2 === error.status)) return null;
      throw explain(error, purpose, forked);
    }
  };
  const issue = (issue_number) => ({ ...here, issue_number });
  const pullRoute = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
  return readable({
    whoAmI: async () => {
      const answer = await askOrNull("comment", () => client.request("GET /user"), 403);
      return answer === null ? null : login(answer.data);
    },
    headOf: async (pull_number) => {
      const answer = await askOrNull("comment", () => client.request(pullRoute, { ...here, pull_number }), 403, 404);
      return answer === null ? null : pull(answer.data).head.sha;
    },
    pull: async (pull_number) => {
      const answer = await ask("pull request", () => client.request(pullRoute, { ...here, pull_number }));
      return pull(answer.data);
    },
    findPull: async (branch, head) => {
      const query = { ...here, head: branch, state: "open", per_page: 100 };
      const answer = await ask("pull request", () => client.request("GET /repos/{owner}/{repo}/pulls", query));
      return list(answer.data, pull).find((pull2) => pull2.head.sha === head) ?? null;
    },
    comments: async (number2) => {
      const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
      const query = { ...issue(number2), per_page: 100 };
      const all = await ask("comment", () => client.paginate(route, query, (page) => reallyAnswered(page).data));
      return list(all, comment);
    },
    comment: async (comment_id) => {
      const route = "GET /repos/{owner}/{repo}/issues/comments/{comment_id}";
      const answer = await askOrNull("comment", () => client.request(route, { ...here, comment_id }), 404, 410);
      return answer === null ? null : comment(answer.data);
    },
    create: async (number2, body) => {
      const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
      const once = { retries: 0 };
      const answer = await ask("comment", () => client.request(route, { ...issue(number2), body, request: once }));
      return comment(answer.data);
    },
    update: async (comment_id, body) => {
      const route = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";
      const call = () => client.request(route, { ...here, comment_id, body });
      const answer = await askOrNull("comment", call, 404, 410);
      return answer === null ? null : comment(answer.data);
    },
    remove: async (comment_id) => {
      const route = "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}";
      await askOrNull("comment", () => client.request(route, { ...here, comment_id }), 404, 410);
    },
    statuses: async (ref) => {
      const route = "GET /repos/{owner}/{repo}/commits/{ref}/statuses";
      const answer = await ask("status", () => client.request(route, { ...here, ref, per_page: 100 }));
      return list(answer.data, status);
    },
    setStatus: async (sha, { context, state, description, url }) => {
      const route = "POST /repos/{owner}/{repo}/statuses/{sha}";
      const target = url === "" ? {} : { target_url: url };
      const what = { ...here, sha, context, state, description, ...target };
      return status((await ask("status", () => client.request(route, what))).data).id;
    },
    roleOf: async (username) => {
      const route = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";
      const answer = await askOrNull("reviewers", () => client.request(route, { ...here, username }), 404);
      return answer === null ? "none" : role(answer.data);
    },
    isInTeam: async (org, team_slug, username) => {
      const route = "GET /orgs/{org}/teams/{team_slug}/memberships/{username}";
      const answer = await askOrNull("reviewers", () => client.request(route, { org, team_slug, username }), 404);
      return answer !== null && isActive(answer.data);
    },
    approvals: async (pull_number) => {
      const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
      const query = { ...here, pull_number, per_page: 100 };
      return approvals(await ask("pull request", () => client.paginate(route, query)));
    },
    labels: async (number2) => {
      const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/labels";
      const answer = await ask("label", () => client.request(route, { ...issue(number2), per_page: 100 }));
      return list(answer.data, labelName);
    },
    addLabel: async (number2, name2, color) => {
      const description = "Risk that Plimsoll sees in the change of configuration";
      const make = () => client.request("POST /repos/{owner}/{repo}/labels", { ...here, name: name2, color, description });
      await askOrNull("label", make, 422);
      const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/labels";
      await ask("label", () => client.request(route, { ...issue(number2), labels: [name2] }));
    },
    removeLabel: async (number2, name2) => {
      const route = "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}";
      await askOrNull("label", () => client.request(route, { ...issue(number2), name: name2 }), 404);
    }
  });
}
function reallyAnswered(page) {
  if (Object.keys(page.headers).length === 0) throw new Unreadable();
  return page;
}
function readable(github) {
  const calls = Object.entries(github).map(([name2, call]) => {
    const checked = (...args) => call(...args).catch((error) => {
      throw error instanceof Unreadable ? new Uncertain(UNREADABLE) : error;
    });
    return [name2, checked];
  });
  return Object.fromEntries(calls);
}
function makeClient(env, token) {
  return new Client({
    auth: token,
    baseUrl: env.GITHUB_API_URL || "https://api.github.com",
    userAgent: "plimsoll-action",
    request: { fetch: patientFetch(env) },
    // Not in `request`: there it would repeat refusals too. A limit is waited for by `patientFetch`.
    retry: {
      retries: RETRIES,
      retryAfterBaseValue: retryBase(env),
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 423, 429, 451]
    },
    log: { debug() {
    }, info() {
    }, warn() {
    }, error() {
    } }
  });
}
function explain(failure, purpose, forked) {
  if (failure instanceof Unreadable) return new Uncertain(UNREADABLE);
  const { status: status2, message = "" } = failure;
  const headers = failure.response?.headers ?? {};
  const limited = status2 === 429 || headers["x-ratelimit-remaining"] === "0" || /rate limit/i.test(message);
  if (limited && (status2 === 403 || status2 === 429)) {
    return new Refusal("GitHub's rate limit is used up; run the job again later");
  }
  switch (status2) {
    case 401:
      return new Refusal("GitHub does not accept the token; check the input `github-token`");
    case 403:
      if (forked && purpose !== "reviewers") return new Refusal(FORK_REFUSED[purpose]);
      return new Refusal(REFUSED[purpose]);
    case 404:
      return new Refusal(
        `the token does not see the repository or the pull request; check \`github-token\` and add ${NEEDED[purpose]} to the job's \`permissions\``
      );
    case 409:
      return new Uncertain("GitHub was busy with another change to the same thing; run the job again later");
    case 410:
    case 423:
      return new Refusal("the conversation of the pull request is locked or gone; unlock it");
    case 422:
      return /too long/i.test(message) ? new TooLong(message) : new Refusal(`GitHub did not accept the ${purpose} (status 422)`);
    default:
      return new Uncertain(
        failure.response === void 0 ? "GitHub could not be reached; run the job again later" : `GitHub answered with status ${status2}; run the job again later`
      );
  }
}
var UNREADABLE = "GitHub's answer could not be read; run the job again later";
var NEEDED = {
  comment: "`pull-requests: write`",
  status: "`statuses: write`",
  label: "`pull-requests: write`",
  reviewers: "`contents: read`",
  "pull request": "`pull-requests: read`"
};
var REFUSED = {
  comment: "the token may not write comments; add `pull-requests: write` to the job's `permissions`",
  status: "the token may not write commit statuses; add `statuses: write` to the job's `permissions`",
  label: "the token may not set labels; add `pull-requests: write` to the job's `permissions`",
  reviewers: "the token may not ask who belongs to a team; give `github-token` a token of an app that may read the organisation's members, or name people or roles in [gate]",
  "pull request": "the token may not read pull requests; add `pull-requests: read` to the job's `permissions`"
};
var FORK_REFUSED = {
  comment: "the token of a pull request from a fork is read-only, so GitHub took no comment",
  status: "the token of a pull request from a fork is read-only, so GitHub took no commit status",
  label: "the token of a pull request from a fork is read-only, so GitHub took no label",
  "pull request": "the token of a pull request from a fork may not read it"
};
function useProxy() {
  http.setGlobalProxyFromEnv?.();
}

// action/comment.ts
var BODY_BYTES = [6e4, 3e4, 1e4];
var ATTEMPTS = 4;
var OUTDATED = "the pull request has a newer commit, and the run for that one comments";
var Overtaken = class extends Error {
  name = "Overtaken";
};
async function publish(github, draft, pauseMs = 1e3) {
  if (draft.policy === "never") return { kind: "none" };
  let trouble = "";
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await publishOnce(github, draft, attempt === ATTEMPTS);
    } catch (error) {
      if (error instanceof Refusal) return { kind: "refused", why: error.message };
      if (!(error instanceof Uncertain || error instanceof Overtaken)) throw error;
      trouble = error.message;
      if (attempt < ATTEMPTS) await pause2(pauseMs * attempt);
    }
  }
  return { kind: "refused", why: trouble };
}
async function publishOnce(github, draft, isLast) {
  await draft.prepare?.(isLast);
  const earlier = await findEarlier(github, draft);
  const text2 = await draft.compose(earlier?.body ?? null);
  if (earlier === null && draft.policy === "on-findings" && !text2.isNeeded) return { kind: "none" };
  const current = await github.headOf(draft.pullRequest);
  if (current !== null && current !== draft.head) throw new Refusal(OUTDATED);
  for (const bytes of BODY_BYTES) {
    try {
      return await put(github, draft, earlier, text2, compose(draft, text2, bytes), isLast);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
    }
  }
  throw new Refusal("the report is too long for a comment on this server; see the job summary");
}
async function put(github, draft, earlier, text2, body, isLast) {
  if (earlier === null) return create(github, draft, body);
  if (sameText(earlier.body, body)) return { kind: "unchanged", url: earlier.url, id: earlier.id, body };
  await text2.announce?.(earlier.url, body, isLast);
  const updated = await github.update(earlier.id, body);
  if (updated === null) throw new Overtaken("the comment was removed while it was written");
  const stands = await github.comment(earlier.id);
  if (stands === null || !text2.holds(stands.body))
    throw new Overtaken("another run wrote the comment at the same time");
  return { kind: "updated", url: updated.url, id: updated.id, body };
}
async function create(github, draft, body) {
  const made = await github.create(draft.pullRequest, body);
  const first = await findEarlier(github, draft).catch(() => null);
  if (first === null || first.id === made.id) return { kind: "created", url: made.url, id: made.id, body };
  throw new Overtaken("another run made the comment at the same time");
}
async function findEarlier(github, draft) {
  const mark = marker(draft.key);
  const marked = (await github.comments(draft.pullRequest)).filter((comment2) => comment2.body.startsWith(mark));
  if (marked.length === 0) return null;
  const me = await github.whoAmI();
  const own = marked.filter(({ author }) => me === null ? author.isBot : author.login === me);
  const [first = null, ...others] = own.sort((a, b) => a.id - b.id);
  for (const other of others) {
    if (other.author.login === first?.author.login) await github.remove(other.id).catch(ignoreRefusal);
  }
  return first;
}
function ignoreRefusal(error) {
  if (!(error instanceof Refusal || error instanceof Uncertain)) throw error;
}
function compose(draft, text2, maxBytes) {
  const head = `${marker(draft.key)}
`;
  return head + text2.write(maxBytes - Buffer.byteLength(head));
}
function marker(key) {
  return `<!-- plimsoll:${key} -->`;
}

// action/ticks.ts
var ITEM2 = /^(\s*[-*+] \[)([ xX])(\] )(.*)$/;
function keepTicks(previous, fresh) {
  const ticked = /* @__PURE__ */ new Set();
  for (const line of previous.split(/\r?\n/)) {
    const [, , mark, , text2 = ""] = ITEM2.exec(line) ?? [];
    if (mark === "x" || mark === "X") ticked.add(withoutLinks(text2));
  }
  if (ticked.size === 0) return fresh;
  return fresh.split("\n").map((line) => {
    const [, open, mark, close, text2 = ""] = ITEM2.exec(line) ?? [];
    return mark === " " && ticked.has(withoutLinks(text2)) ? `${open}x${close}${text2}` : line;
  }).join("\n");
}
function withoutLinks(text2) {
  return text2.replace(/\]\([^)]*\)/g, "]").trim();
}

// action/conversation.ts
var MOST_FIXED = 10;
var MOST_PATH = 160;
function plainText(said, earlier) {
  const memory = remember(said, earlier === null ? null : readMemory(earlier));
  const write = (maxBytes) => {
    const text2 = compose2(said, memory, maxBytes, {});
    return earlier === null ? text2 : keepTicks(earlier, text2);
  };
  return { isNeeded: said.report.level !== "none", write, holds: (body) => readMemory(body)?.head === said.head };
}
async function gatedText(said, gate, github, earlier) {
  const played = await playRound(gate, github, earlier);
  const known = remember(said, earlier === null ? null : readMemory(earlier));
  const memory = { ...played.memory, findings: known.findings, fixed: known.fixed };
  const round = { ...played, memory };
  const seal = sealOf(memory);
  const text2 = {
    isNeeded: said.report.level !== "none" || gate.items.some((item) => item.required),
    write: (maxBytes) => compose2(said, memory, maxBytes, { checklist: round.markdown }),
    holds: (body) => {
      const stands = readMemory(body);
      return stands !== null && sealOf(stands) === seal;
    }
  };
  return { text: text2, round };
}
function compose2(said, memory, maxBytes, options) {
  const whole2 = `${writeMemory(memory)}
`;
  const isTooMuch = Buffer.byteLength(whole2) > maxBytes / 4;
  const line = isTooMuch ? `${writeMemory({ ...memory, findings: [], fixed: [] })}
` : whole2;
  const opening = fixedLine(memory.fixed);
  const room = Math.max(maxBytes - Buffer.byteLength(line), 0);
  return line + said.markdown({ ...options, maxBytes: room, ...opening !== "" && { opening } });
}
function remember({ report, head }, before) {
  const findings = report.findings.filter((finding) => finding.suppressed === null).map(({ id, rule, file }) => [id, rule, [...file].slice(0, MOST_PATH).join("")]);
  const now = new Set(report.findings.map((finding) => finding.id));
  const earlier = [...before?.fixed ?? [], ...before?.findings ?? []];
  const fixed = new Map(earlier.filter(([id]) => !now.has(id)).map((known) => [known[0], known]));
  return { ...emptyMemory(head), findings, fixed: [...fixed.values()] };
}
function fixedLine(fixed) {
  if (fixed.length === 0) return "";
  const named = fixed.slice(0, MOST_FIXED).map(([, rule, file]) => `${code(rule)} in ${code(file)}`);
  const more = fixed.length > MOST_FIXED ? ` and ${fixed.length - MOST_FIXED} more` : "";
  return `✅ Resolved since the first review: ${named.join(", ")}${more}`;
}

// action/event.ts
import { readFile } from "node:fs/promises";
var SUPPORTED = "pull_request, pull_request_target, pull_request_review, issue_comment, workflow_run, merge_group, push, workflow_dispatch or schedule";
async function readEvent(env) {
  const name2 = env.GITHUB_EVENT_NAME ?? "";
  const payload = await readPayload(env.GITHUB_EVENT_PATH);
  switch (name2) {
    case "pull_request":
    case "pull_request_target":
    case "pull_request_review":
      return event(name2, ofPull(pullRequest(payload)));
    case "issue_comment":
      return issueComment(name2, payload);
    case "workflow_run":
      return workflowRun(name2, payload);
    case "merge_group":
      return mergeGroup(name2, payload);
    case "push":
      return event(name2, { range: push(payload) });
    case "workflow_dispatch":
    case "schedule":
      return event(name2, { range: onDemand(payload, env) });
    default:
      throw new Refusal(`the event \`${name2}\` brings no change to review; run this step on ${SUPPORTED}`);
  }
}
function ofPull(pull2) {
  return { pull: pull2, range: { kind: "since-fork-point", base: { sha: pull2.base.sha }, head: pull2.head.sha } };
}
function isFork(pull2) {
  return pull2.head.repository === null || pull2.head.repository !== pull2.base.repository;
}
function event(name2, known) {
  return { name: name2, range: null, pull: null, wanted: null, edit: null, queued: null, ...known };
}
async function readPayload(path) {
  if (path === void 0 || path === "") {
    throw new Refusal("GITHUB_EVENT_PATH is not set; this step has to run in a GitHub workflow");
  }
  try {
    const payload = JSON.parse(await readFile(path, "utf8"));
    return typeof payload === "object" && payload !== null ? payload : {};
  } catch {
    throw new Refusal(
      "the event's payload in GITHUB_EVENT_PATH cannot be read; it must be the JSON file GitHub writes"
    );
  }
}
function pullRequest(payload) {
  const { number: number2, state, user, base, head } = payload.pull_request ?? {};
  const baseSha = commit(base?.sha, "pull_request.base.sha");
  const headSha = commit(head?.sha, "pull_request.head.sha");
  if (number2 === void 0) throw new Refusal("the event's payload has no number of a pull request");
  return {
    number: number2,
    author: user?.login ?? "",
    isOpen: state !== "closed",
    base: { sha: baseSha, ref: base?.ref ?? "", repository: base?.repo?.full_name ?? "" },
    head: { sha: headSha, repository: head?.repo?.full_name ?? null }
  };
}
function issueComment(name2, payload) {
  const { action, issue, comment: comment2, changes, sender } = payload;
  if (issue?.pull_request === void 0 || issue.number === void 0 || comment2?.id === void 0) {
    return event(name2, {});
  }
  const edit = {
    action: action === "edited" || action === "deleted" ? action : "created",
    by: { login: sender?.login ?? "", isBot: sender?.type === "Bot" },
    at: comment2.updated_at ?? comment2.created_at ?? "",
    id: comment2.id,
    before: changes?.body?.from ?? null,
    after: comment2.body ?? ""
  };
  return event(name2, { wanted: { number: issue.number }, edit });
}
function workflowRun(name2, payload) {
  const { event: first, head_sha, head_branch, head_repository } = payload.workflow_run ?? {};
  const owner = head_repository?.owner?.login;
  if (first !== "pull_request" || owner === void 0 || head_branch === void 0) return event(name2, {});
  const head = commit(head_sha, "workflow_run.head_sha");
  return event(name2, { wanted: { branch: `${owner}:${head_branch}`, head } });
}
function mergeGroup(name2, payload) {
  const { base_sha, head_sha, head_ref = "" } = payload.merge_group ?? {};
  const base = commit(base_sha, "merge_group.base_sha");
  const head = commit(head_sha, "merge_group.head_sha");
  const queued = /\/pr-(\d+)-[0-9a-f]+$/.exec(head_ref)?.[1];
  return event(name2, {
    range: { kind: "since-fork-point", base: { sha: base }, head },
    queued: queued === void 0 ? null : Number(queued)
  });
}
function push(payload) {
  if (payload.deleted === true) {
    throw new Refusal(
      "this push deletes a branch or tag, so there is nothing to review; skip it with `if: !github.event.deleted`"
    );
  }
  const head = commit(payload.after, "after");
  const known = isCommit(payload.before);
  return known ? { kind: "between", base: payload.before ?? "", head } : againstDefaultBranch(head, payload.ref, payload);
}
function onDemand(payload, env) {
  const head = commit(env.GITHUB_SHA, "GITHUB_SHA");
  return againstDefaultBranch(head, env.GITHUB_REF, payload);
}
function againstDefaultBranch(head, ref, payload) {
  const branch = payload.repository?.default_branch;
  const isDefault = branch === void 0 || ref === `refs/heads/${branch}`;
  return isDefault ? { kind: "state", head } : { kind: "since-fork-point", base: { branch }, head };
}
function commit(value, field) {
  if (value === void 0 || !isCommit(value)) {
    throw new Refusal(`the event's payload has no commit in \`${field}\`; run this step on ${SUPPORTED}`);
  }
  return value;
}
function isCommit(value) {
  return value !== void 0 && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(value) && !/^0+$/.test(value);
}

// action/git.ts
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { sep as sep2 } from "node:path";
var GitFailure = class extends Error {
  name = "GitFailure";
};
var TIMEOUT_MS = 10 * 60 * 1e3;
var Git = class {
  #directory;
  #credentials;
  constructor(directory, credentials = null) {
    this.#directory = existsSync(directory) ? realpathSync(directory) : directory;
    this.#credentials = credentials?.token ? credentials : null;
  }
  /** What git prints, without the line end. */
  async text(...args) {
    return (await this.#run(args)).toString("utf8").trim();
  }
  /**
   * Fetches from `origin`. actions/checkout may have left credentials or, told `persist-credentials: false`, none: then
   * the token of this step is shown. Both at once GitHub refuses.
   */
  async fetch(...args) {
    const command2 = ["fetch", "--no-tags", "--no-recurse-submodules", "--quiet", ...args];
    try {
      await this.#run(command2);
    } catch (error) {
      if (this.#credentials === null) throw error;
      await this.#run(command2, "", authorization(this.#credentials)).catch(() => {
        throw error;
      });
    }
  }
  /** Whether git agrees. */
  async agrees(...args) {
    return this.#run(args).then(
      () => true,
      () => false
    );
  }
  /** All entries of a commit's tree, in git's order; with a path, those at or below it. */
  async tree(commit2, path) {
    const below = path === void 0 ? [] : ["--", path];
    const output = await this.#run(["ls-tree", "-r", "-z", "--full-tree", commit2, ...below]);
    const entries = [];
    for (let start = 0; start < output.length; ) {
      const end = output.indexOf(0, start);
      entries.push(readEntry(output.subarray(start, end)));
      start = end + 1;
    }
    return entries;
  }
  /** What differs between two commits; names that are not UTF-8 are left out. */
  async changes(old, next) {
    const output = await this.#run(["diff-tree", "-r", "-z", "--no-renames", old, next]);
    const parts = output.toString("utf8").split("\0");
    const changed = [];
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const [, , before = "", after = ""] = (parts[at] ?? "").split(" ");
      const oid = (id) => /^0+$/.test(id) ? null : id;
      changed.push({ path: parts[at + 1] ?? "", old: oid(before), new: oid(after) });
    }
    return changed;
  }
  /** Sizes in bytes of the blobs that the clone has. */
  async sizes(oids) {
    const output = await this.#run(["cat-file", "--batch-check"], oids.map((oid) => `${oid}
`).join(""));
    const sizes = /* @__PURE__ */ new Map();
    for (const line of output.toString("utf8").split("\n")) {
      const [oid, type, size] = line.split(" ");
      if (oid !== void 0 && type === "blob" && size !== void 0) sizes.set(oid, Number(size));
    }
    return sizes;
  }
  /** Contents of blobs. One that the clone does not have is absent. */
  async blobs(oids) {
    const output = await this.#run(["cat-file", "--batch"], oids.map((oid) => `${oid}
`).join(""));
    const blobs = /* @__PURE__ */ new Map();
    for (let start = 0; start < output.length; ) {
      const headerEnd = output.indexOf(10, start);
      const [oid = "", , size] = output.toString("utf8", start, headerEnd).split(" ");
      start = headerEnd + 1;
      if (size === void 0) continue;
      const end = start + Number(size);
      blobs.set(oid, output.subarray(start, end));
      start = end + 1;
    }
    return blobs;
  }
  #run(args, stdin = "", extra = {}) {
    return new Promise((resolve, reject) => {
      const trusted = ["-c", `safe.directory=${this.#directory.split(sep2).join("/")}`, ...args];
      const env = { ...environment(), ...extra };
      const child = spawn("git", trusted, { cwd: this.#directory, env, timeout: TIMEOUT_MS });
      const output = [];
      const errors = [];
      child.stdout.on("data", (chunk) => output.push(chunk));
      child.stderr.on("data", (chunk) => errors.push(chunk));
      child.on("error", () => reject(new GitFailure("the program `git` cannot be started")));
      child.on("close", (code2) => {
        if (code2 === 0) resolve(Buffer.concat(output));
        else reject(new GitFailure(complaint(Buffer.concat(errors).toString("utf8"))));
      });
      child.stdin.on("error", () => {
      });
      child.stdin.end(stdin);
    });
  }
};
function environment() {
  return {
    ...process.env,
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    LC_ALL: "C"
  };
}
function authorization({ server, token }) {
  const taken = Number(process.env.GIT_CONFIG_COUNT) || 0;
  const secret = Buffer.from(`x-access-token:${token}`).toString("base64");
  return {
    GIT_CONFIG_COUNT: String(taken + 1),
    [`GIT_CONFIG_KEY_${taken}`]: `http.${server}/.extraheader`,
    [`GIT_CONFIG_VALUE_${taken}`]: `AUTHORIZATION: basic ${secret}`
  };
}
function readEntry(entry) {
  const tab = entry.indexOf(9);
  const [mode = "", , oid = ""] = entry.toString("utf8", 0, tab).split(" ");
  const name2 = entry.subarray(tab + 1);
  const path = name2.toString("utf8");
  return { mode, oid, path: Buffer.from(path, "utf8").equals(name2) ? path : null };
}
function complaint(stderr) {
  const lines2 = stderr.split("\n").map((line2) => line2.trim());
  const line = lines2.find((text2) => /^(?:fatal|error):/.test(text2)) ?? lines2.find((text2) => text2 !== "");
  return (line ?? "git gave no reason").replace(/\/\/[^/@\s]*@/g, "//");
}

// action/history.ts
var DEPTHS = ["--depth=50", "--depth=500", "--depth=5000", "--unshallow"];
var REMEDY = "set `fetch-depth: 0` at actions/checkout";
async function findRevisions(git, range) {
  if (!await git.agrees("rev-parse", "--git-dir")) {
    throw new Refusal("there is no git repository in the workspace; run actions/checkout before this step");
  }
  await ensure(git, range.head);
  switch (range.kind) {
    case "state":
      return { old: null, new: range.head, policy: range.head };
    case "between":
      await ensure(git, range.base);
      return { old: range.base, new: range.head, policy: range.base };
    case "since-fork-point": {
      const base = await locate(git, range.base);
      return { old: await forkPoint(git, base, range.head), new: range.head, policy: base };
    }
  }
}
async function locate(git, revision) {
  if ("branch" in revision) return locateBranch(git, revision.branch);
  await ensure(git, revision.sha);
  return revision.sha;
}
async function locateBranch(git, branch) {
  const tracked = `refs/remotes/origin/${branch}`;
  if (!await git.agrees("rev-parse", "--verify", "--quiet", `${tracked}^{commit}`)) {
    await fetch2(git, `branch ${branch}`, `+refs/heads/${branch}:${tracked}`);
  }
  return git.text("rev-parse", "--verify", `${tracked}^{commit}`);
}
async function ensure(git, sha) {
  if (await git.agrees("cat-file", "-e", `${sha}^{commit}`)) return;
  await fetch2(git, `commit ${sha.slice(0, 12)}`, sha);
}
async function fetch2(git, what, refspec) {
  const depth = await isShallow(git) ? ["--depth=1"] : [];
  try {
    await git.fetch(...depth, "origin", refspec);
  } catch (error) {
    throw unreachable(what, error);
  }
}
async function forkPoint(git, base, head) {
  const found = await mergeBase(git, base, head) ?? await deepen(git, base, head);
  if (found !== null) return found;
  throw new Refusal(
    `commits ${base.slice(0, 12)} and ${head.slice(0, 12)} have no history in common; rebase the branch onto its base`
  );
}
async function deepen(git, base, head) {
  for (const depth of DEPTHS) {
    if (!await isShallow(git)) return null;
    try {
      await git.fetch(depth, "origin", base, head);
    } catch (error) {
      throw unreachable("the commit where the branch left its base", error);
    }
    const found = await mergeBase(git, base, head);
    if (found !== null) return found;
  }
  return null;
}
async function mergeBase(git, base, head) {
  const found = await git.text("merge-base", base, head).catch(() => "");
  return found === "" ? null : found;
}
async function isShallow(git) {
  return await git.text("rev-parse", "--is-shallow-repository") === "true";
}
function unreachable(what, error) {
  const reason = error instanceof GitFailure ? error.message : "git failed";
  return new Refusal(`${what} is not in the clone and cannot be fetched (${reason}); ${REMEDY}`);
}

// action/identify.ts
async function identify(env, event2, inputs) {
  if (event2.range !== null) return event2;
  const reason = event2.wanted === null ? "this event is about no pull request" : idle(event2, inputs);
  if (reason !== null || event2.wanted === null) return nothing(reason ?? "");
  if (inputs.token === "") throw new Refusal("the pull request has to be asked for; give the input `github-token`");
  const pull2 = await find(openGitHub(env, inputs.token, false), event2.wanted);
  if (pull2 === null) return nothing("no open pull request has that commit for its head any more");
  if (!pull2.isOpen) return nothing("the pull request is closed");
  return { ...event2, ...ofPull(pull2) };
}
function idle({ edit }, inputs) {
  if (edit === null) return null;
  if (edit.action === "created") return readCommand(edit) === null ? "that comment is no command of Plimsoll's" : null;
  const isReport = (edit.before ?? edit.after).startsWith(marker(inputs.commentKey));
  return isReport ? null : "that comment is no report of Plimsoll's";
}
async function find(github, wanted) {
  try {
    return "number" in wanted ? await github.pull(wanted.number) : await github.findPull(wanted.branch, wanted.head);
  } catch (error) {
    throw error instanceof Uncertain ? new Refusal(error.message) : error;
  }
}
function nothing(reason) {
  annotate("notice", `nothing to do: ${reason}`);
  return null;
}

// action/inputs.ts
var INPUTS = {
  "github-token": {
    description: "Token that reads and writes the comment; needs `pull-requests: write`, and `statuses: write` for the gate. Without these permissions the report is in the job summary alone.",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's, not of this language.
    default: "${{ github.token }}"
  },
  config: {
    description: "Path of plimsoll.toml in the repository. It is read from the base side, so a change cannot relax its own review.",
    default: "plimsoll.toml"
  },
  "fail-on": {
    description: "Lowest severity that fails the step: low, medium, high, critical, or never. Empty: what plimsoll.toml says, otherwise high, or never where plimsoll.toml has a [gate].",
    default: ""
  },
  comment: {
    description: "When to comment on the pull request: always, on-findings or never. An earlier comment is brought up to date even if nothing is found any more.",
    default: "on-findings"
  },
  "comment-key": {
    description: "Tells the comments of several steps apart, for example in a matrix. Letters, digits, dot, dash and underscore.",
    default: "default"
  },
  label: {
    description: "Beginning of a label that tells the risk, such as config-risk for `config-risk: high`; made if missing, taken off when the risk is gone. Empty: no label.",
    default: ""
  },
  paths: {
    description: "Globs of the files to review, one on each line; a leading ! leaves files out. Empty: all. The connection budget counts these files only.",
    default: ""
  },
  environment: {
    description: "Which files belong to which environment, one GLOB=production, GLOB=staging or GLOB=development on each line; the first match wins.",
    default: ""
  }
};
var FAIL_ON = ["low", "medium", "high", "critical", "never"];
var COMMENT = ["always", "on-findings", "never"];
var ENVIRONMENT = ["production", "staging", "development"];
function readInputs(env) {
  const failOn = read(env, "fail-on");
  return {
    token: read(env, "github-token"),
    config: readConfigPath(env),
    failOn: failOn === "" ? null : oneOf("fail-on", failOn, FAIL_ON),
    comment: oneOf("comment", read(env, "comment") || INPUTS.comment.default, COMMENT),
    commentKey: readCommentKey(env),
    label: readLabel(env),
    paths: lines(read(env, "paths")),
    environments: lines(read(env, "environment")).map(readEnvironment)
  };
}
function read(env, name2) {
  const given = env[`INPUT_${name2.toUpperCase()}`];
  if (given !== void 0) return given.trim();
  const fallback = INPUTS[name2].default;
  return fallback.startsWith("${{") ? "" : fallback;
}
function readConfigPath(env) {
  const path = (read(env, "config") || INPUTS.config.default).replace(/^\.\//, "");
  if (path.startsWith("/") || path.split("/").includes("..")) {
    throw new Refusal("input `config` must be a path inside the repository, such as plimsoll.toml");
  }
  return path;
}
function readCommentKey(env) {
  const key = read(env, "comment-key") || INPUTS["comment-key"].default;
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$/.test(key) || key.includes("--")) {
    throw new Refusal(
      "input `comment-key` must be 1 to 64 letters, digits, dots, dashes or underscores, begin and end with a letter, digit or underscore, and have no two dashes in a row"
    );
  }
  return key;
}
function readLabel(env) {
  const label2 = read(env, "label").replace(/:$/, "").trim();
  if (!/^[\w ./-]{0,40}$/.test(label2)) {
    throw new Refusal("input `label` must be at most 40 letters, digits, blanks, dots, dashes, slashes or underscores");
  }
  return label2;
}
function readEnvironment(line) {
  const at = line.lastIndexOf("=");
  const glob = line.slice(0, at).trim();
  const name2 = line.slice(at + 1).trim();
  if (at < 0 || glob === "") {
    throw new Refusal("input `environment` takes lines such as clusters/live/**=production");
  }
  return [glob, oneOf("environment", name2, ENVIRONMENT)];
}
function oneOf(name2, value, allowed) {
  const found = allowed.find((word) => word === value);
  if (found === void 0) {
    throw new Refusal(`input \`${name2}\` must be one of ${allowed.join(", ")}`);
  }
  return found;
}
function lines(text2) {
  return text2.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}

// action/select.ts
var EXTENSIONS = new Set(
  "yaml yml json jsonc json5 toml env properties props conf cnf cfg cf config ini list xml hcl tf tfvars tofu nomad service socket timer mount target path sh bash prisma hocon cscfg".split(" ")
);
var TEMPLATE_SUFFIXES = new Set(
  "j2 jinja jinja2 erb tpl tmpl template gotmpl mustache hbs example sample dist default defaults in local bak orig".split(
    " "
  )
);
var NAMES = /^(?:\.env(?:[._-].*)?|env|.*[._-]env|\.envrc|dockerfile(?:\..*)?|containerfile|procfile)$/;
var GENERATED = /(?:^|\/)(?:node_modules|\.git)\/|(?:^|\/)(?:package-lock|npm-shrinkwrap|packages\.lock|composer\.lock|deno\.lock)\.json$|(?:^|\/)(?:pnpm-lock\.yaml|\.terraform\.lock\.hcl)$|\.min\.json$/;
function isPlausible(path) {
  if (GENERATED.test(path)) return false;
  const name2 = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (NAMES.test(name2)) return true;
  const words = name2.split(".");
  while (words.length > 2 && TEMPLATE_SUFFIXES.has(words.at(-1) ?? "")) words.pop();
  return words.length > 1 && (EXTENSIONS.has(words.at(-1) ?? "") || NAMES.test(words.join(".")));
}
var OTHER_ENDINGS = new Set(
  "adoc bmp c cc cjs clj cljs cpp cs css cts dart dockerignore eot erl ex exs f90 fs gif gitattributes gitignore gitkeep go gradle groovy h hpp hrl hs htm html ico ipynb java jl jpeg jpg js jsx kt kts less lua m md mdx mjs ml mov mp3 mp4 mts otf pdf php pl pm png po proto py pyi r rb rs rst sass scala scss snap sum svelte svg swift tex ts tsx ttf vue wav webp woff woff2 zig".split(" ")
);
var OTHER_NAMES = new Set("license readme changelog codeowners notice authors makefile".split(" "));
function kindOfOther(path) {
  const name2 = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const dot = name2.lastIndexOf(".");
  if (dot < 0) return OTHER_NAMES.has(name2) ? name2 : null;
  return OTHER_ENDINGS.has(name2.slice(dot + 1)) ? name2.slice(dot) : null;
}
function pathFilter(globs) {
  const rules3 = globs.map((glob) => ({ keep: !glob.startsWith("!"), pattern: toPattern(glob.replace(/^!/, "")) }));
  const byDefault = !rules3.some((rule) => rule.keep);
  return (path) => rules3.findLast((rule) => rule.pattern.test(path))?.keep ?? byDefault;
}
function toPattern(glob) {
  const trimmed = glob.replace(/^\.?\//, "").replace(/\/$/, "");
  const tokens = trimmed.match(/\*\*\/|\*\*|[*?{},]|[^*?{},]+/g) ?? [];
  const braces = areBalanced(tokens);
  let depth = 0;
  const body = tokens.map((token) => {
    if (token === "**/") return "(?:[^/]+/)*";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (braces && token === "{") depth += 1;
    else if (braces && token === "}") depth -= 1;
    else if (token !== "," || depth === 0) return token.replace(/[\\^$.+()|[\]{}]/g, "\\$&");
    return token === "{" ? "(?:" : token === "}" ? ")" : "|";
  });
  return new RegExp(`^${body.join("")}(?:/.*)?$`, "su");
}
function areBalanced(tokens) {
  let depth = 0;
  for (const token of tokens) {
    if (token === "{") depth += 1;
    if (token === "}") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

// action/sources.ts
var MAX_FILE_BYTES = 1024 * 1024;
var MAX_TOTAL_BYTES = 256 * 1024 * 1024;
var MISSING = "not wholly in the clone; set `fetch-depth: 0` and no `filter` at actions/checkout";
async function addSources(request2, git, revisions, wanted) {
  const files = [];
  const skipped = [];
  const others = [];
  if (revisions.old !== null) classify(await git.tree(revisions.old), "old", wanted, files, skipped, others);
  classify(await git.tree(revisions.new), "new", wanted, files, skipped, others);
  const passed = revisions.old === null ? [] : takeChanged(others, files);
  const small = await withinBounds(git, files, skipped);
  const readable2 = sameOnBothSides(small, skipped);
  const blobs = await git.blobs([...new Set(readable2.map((file) => file.oid))]);
  for (const { side, path, oid } of readable2) {
    const bytes = blobs.get(oid);
    if (bytes === void 0) skipped.push({ side, path, reason: MISSING });
    else request2.add(side, path, bytes);
  }
  for (const { side, path, reason } of skipped) request2.skip(side, path, reason);
  if (passed.length > 0) request2.note(...noteOn(passed));
}
function takeChanged(others, files) {
  const versions = /* @__PURE__ */ new Map();
  for (const file of others) versions.set(file.path, [...versions.get(file.path) ?? [], file]);
  const passed = [];
  for (const [path, sides] of versions) {
    if (sides.length === 2 && sides[0]?.oid === sides[1]?.oid) continue;
    if (kindOfOther(path) === null) files.push(...sides);
    else passed.push(path);
  }
  return passed;
}
function noteOn(passed) {
  const kinds = [...new Set(passed.map((path) => kindOfOther(path) ?? ""))].sort();
  const files = passed.length === 1 ? "1 changed file" : `${passed.length} changed files`;
  return [`(${files})`, `no configuration by their names, not read: ${kinds.join(", ")}`];
}
function classify(entries, side, wanted, files, skipped, others) {
  let unreadableNames = 0;
  for (const { mode, oid, path } of entries) {
    if (path === null) unreadableNames += 1;
    else if (!wanted(path)) continue;
    else if (mode === "160000") skipped.push({ side, path, reason: "a submodule, not followed" });
    else if (mode !== "120000" && isPlausible(path)) files.push({ side, path, oid });
    else if (mode !== "120000") others.push({ side, path, oid });
    else if (matters(path)) skipped.push({ side, path, reason: "a symbolic link, not followed" });
  }
  if (unreadableNames > 0) {
    skipped.push({ side, path: "(names that are not UTF-8)", reason: `${unreadableNames} files, not read` });
  }
}
function matters(link) {
  const hasExtension = link.slice(link.lastIndexOf("/") + 1).includes(".");
  return isPlausible(link) || !hasExtension;
}
async function withinBounds(git, files, skipped) {
  const sizes = await git.sizes([...new Set(files.map((file) => file.oid))]);
  const counted = /* @__PURE__ */ new Set();
  let total = 0;
  return files.filter((file) => {
    const size = sizes.get(file.oid);
    const added = counted.has(file.oid) ? 0 : size ?? 0;
    const reason = whyNot(size, total + added);
    if (reason !== null) {
      skipped.push({ side: file.side, path: file.path, reason });
      return false;
    }
    counted.add(file.oid);
    total += added;
    return true;
  });
}
function whyNot(size, total) {
  if (size === void 0) return MISSING;
  if (size > MAX_FILE_BYTES) return "larger than 1 MiB";
  if (total > MAX_TOTAL_BYTES)
    return "beyond the 256 MiB of configuration that are read at once; narrow the input `paths`";
  return null;
}
function sameOnBothSides(files, skipped) {
  const unread2 = new Map(skipped.map((skip) => [skip.path, skip.reason]));
  return files.filter(({ side, path }) => {
    const reason = unread2.get(path);
    if (reason !== void 0) skipped.push({ side, path, reason: `not read because its other side is ${reason}` });
    return reason === void 0;
  });
}
async function readText(git, commit2, path) {
  const entry = (await git.tree(commit2, path)).find((candidate) => candidate.path === path);
  if (entry === void 0 || !entry.mode.startsWith("100")) return null;
  const bytes = (await git.blobs([entry.oid])).get(entry.oid);
  return bytes === void 0 ? null : new TextDecoder("utf-8").decode(bytes);
}

// action/gate/owners.ts
var CODEOWNERS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
function readOwners(text2) {
  const rules3 = text2.split(/\r?\n/).map((line) => line.replace(/(?:^|\s)#.*$/, "").trim()).filter((line) => line !== "").map((line) => {
    const [pattern = "", ...owners] = line.split(/(?<!\\)\s+/);
    return {
      pattern: toPattern2(pattern.replaceAll("\\ ", " ")),
      owners: owners.filter((owner) => owner.startsWith("@")).map((owner) => owner.toLowerCase())
    };
  });
  return { of: (path) => rules3.findLast((rule) => rule.pattern.test(path))?.owners ?? [] };
}
function toPattern2(pattern) {
  const isFolder = pattern.endsWith("/");
  const trimmed = pattern.replace(/^\//, "").replace(/\/$/, "");
  const anchored = pattern.startsWith("/") || trimmed.includes("/");
  const tokens = trimmed.match(/\*\*\/|\/\*\*$|\*\*|[*?]|[^*?/]+|\//g) ?? [];
  const body = tokens.map((token) => {
    if (token === "**/") return "(?:[^/]+/)*";
    if (token === "/**") return "/.*";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return token.replace(/[\\^$.+()|[\]{}]/g, "\\$&");
  });
  const below = /(?:^|\/)\*$/.test(trimmed) && trimmed !== "*" ? "" : isFolder ? "/.*" : "(?:/.*)?";
  return new RegExp(`^${anchored ? "" : "(?:.*/)?"}${body.join("")}${below}$`, "su");
}

// action/gate/extras.ts
async function findExtras(scene) {
  return [...rules(scene), ...await workflows(scene), ...await ownAllowances(scene), ...unread(scene)];
}
function rules({ changed, config, policy }) {
  const byOwners = policy.reviewers.includes("codeowners");
  const judging = changed.filter(({ path }) => path === config || byOwners && CODEOWNERS.includes(path));
  return judging.map((file) => ({
    id: name("policy", file.path),
    markdown: `Is the change of ${code(file.path)} meant? It judges changes after the merge, not this one`,
    content: blob(file),
    file: file.path
  }));
}
async function workflows({ git, changed }) {
  const files = changed.filter(({ path }) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path));
  const blobs = await git.blobs(files.flatMap((file) => [file.old, file.new]).filter((oid) => oid !== null));
  const mentions = (oid) => /plimsoll/i.test(Buffer.from(blobs.get(oid ?? "") ?? []).toString("utf8"));
  return files.filter((file) => mentions(file.old) || mentions(file.new)).map((file) => ({
    id: name("workflow", file.path),
    markdown: `Does ${code(file.path)} still run Plimsoll as it should after the merge?`,
    content: blob(file),
    file: file.path
  }));
}
async function ownAllowances({ git, policyCommit, policy, report, blobOf }) {
  const extras = [];
  for (const finding of report.findings) {
    const { suppressed, rule, severity, file, line } = finding;
    if (suppressed?.by !== "inline" || RANK[severity] < RANK[policy.required]) continue;
    const before = await readText(git, policyCommit, file) ?? "";
    const isOld = before.split("\n").some((text2) => text2.includes(`plimsoll: allow ${rule} `) && text2.includes(suppressed.reason));
    if (isOld) continue;
    extras.push({
      id: `allow:${finding.id}`,
      markdown: `Is it right to accept ${code(rule)} at ${code(`${file}:${line}`)}, because ${code(suppressed.reason)}?`,
      content: JSON.stringify([contentOf(finding, blobOf), suppressed.reason]),
      file
    });
  }
  return extras;
}
function unread({ report, changed }) {
  const reasons = new Map(report.coverage.skipped.map(({ file, reason }) => [file, reason]));
  return changed.filter((file) => reasons.has(file.path) && isPlausible(file.path)).map((file) => ({
    id: name("unread", file.path),
    markdown: `Is the change of ${code(file.path)} safe? It was not read: ${code(reasons.get(file.path) ?? "")}`,
    content: blob(file),
    file: file.path
  }));
}
function name(kind, path) {
  return `${kind}:${digest(path).slice(0, 12)}`;
}
function blob(file) {
  return file.new ?? "gone";
}

// action/gate/people.ts
var ROLES = ["read", "triage", "write", "maintain", "admin"];
function people(github, owners) {
  const doubts = /* @__PURE__ */ new Set();
  const known = /* @__PURE__ */ new Map();
  const once = (key, ask) => {
    const asked = known.get(key) ?? ask().catch((error) => doubt(doubts, error));
    known.set(key, asked);
    return asked;
  };
  const hasRole = (login2, role2) => once(`${login2} ${role2}`, async () => ROLES.indexOf(await github.roleOf(login2)) >= ROLES.indexOf(role2));
  const isNamed = (login2, name2) => {
    const [first = "", team] = name2.slice(1).split("/");
    if (team === void 0) return Promise.resolve(first.toLowerCase() === login2.toLowerCase());
    return once(`${login2} ${name2}`, () => github.isInTeam(first, team, login2));
  };
  const owns = async (login2, files) => {
    for (const file of files) {
      const named = owners.of(file);
      const own = named.length === 0 ? await hasRole(login2, "write") : await any(named, (name2) => isNamed(login2, name2));
      if (!own) return false;
    }
    return true;
  };
  const is = (login2, who, files) => {
    if (who === "codeowners") return owns(login2, files);
    return who.startsWith("@") ? isNamed(login2, who) : hasRole(login2, who);
  };
  return { doubts, isOneOf: (login2, who, files) => any(who, (one) => is(login2, one, files)) };
}
async function any(items, test) {
  for (const item of items) if (await test(item)) return true;
  return false;
}
function doubt(doubts, error) {
  if (!(error instanceof Refusal || error instanceof Uncertain)) throw error;
  doubts.add(error.message);
  return false;
}

// action/status.ts
var MOST_DESCRIPTION = 140;
function statusName(what, key) {
  return key === "default" ? `plimsoll/${what}` : `plimsoll/${what} (${key})`;
}
async function setStatus(github, commit2, wanted) {
  const status2 = { ...wanted, description: clip2(wanted.description) };
  const stands = (await github.statuses(commit2)).find(({ context }) => context === status2.context);
  const isSame = stands !== void 0 && stands.state === status2.state && stands.description === status2.description && stands.url === status2.url;
  if (!isSame) await github.setStatus(commit2, status2);
}
function clip2(text2) {
  const characters = [...text2.replace(/\s+/g, " ").trim()];
  return characters.length > MOST_DESCRIPTION ? `${characters.slice(0, MOST_DESCRIPTION - 1).join("")}…` : characters.join("");
}

// action/turn.ts
var WRITING = "the checklist is being written";
function turnAt(github, commit2, context) {
  const own = /* @__PURE__ */ new Set();
  let newest = null;
  const ours = async () => (await github.statuses(commit2)).filter((status2) => status2.context === context);
  const isForeign = (status2) => !own.has(status2.id);
  return {
    ask: (isLast) => ifAllowed(async () => {
      const [last] = await ours();
      newest = last?.id ?? null;
      if (last?.description === WRITING && isForeign(last) && !isLast) throw overtaken();
    }),
    take: (url, isLast) => ifAllowed(async () => {
      const id = await github.setStatus(commit2, { context, state: "pending", description: WRITING, url });
      own.add(id);
      const all = await ours();
      const mine = all.findIndex((status2) => status2.id === id);
      const then = all.findIndex((status2) => status2.id === newest);
      const between = all.slice(mine + 1, then < 0 ? void 0 : then);
      if (between.some(isForeign) && !isLast) throw overtaken();
    })
  };
}
function overtaken() {
  return new Overtaken("other runs wrote the comment at the same time; run the job again");
}
async function ifAllowed(call) {
  await call().catch((error) => {
    if (!(error instanceof Refusal || error instanceof Uncertain)) throw error;
  });
}

// action/keeper.ts
var ROUNDS = 3;
async function openGate(scene, pull2, edit) {
  const { git, github, revisions, policy, inputs } = scene;
  const owners = await readCodeOwners(git, revisions.policy);
  const who = people(github, owners);
  return {
    policy,
    context: statusName("gate", inputs.commentKey),
    items: await itemsOf(scene),
    terms: { policy, people: who, author: pull2.author },
    approvals: policy.approvals ? await approvalsOf(github, pull2, who.doubts) : [],
    edit,
    head: revisions.new
  };
}
async function approvalsOf(github, pull2, doubts) {
  try {
    return (await github.approvals(pull2.number)).filter(({ commit: commit2 }) => commit2 === pull2.head.sha);
  } catch (error) {
    doubts.add(reasonOf2(error));
    return [];
  }
}
async function keepGate(scene, gate, said, draft, pauseMs) {
  const { github } = scene;
  const turn = turnAt(github, gate.head, gate.context);
  let kept = null;
  for (let round = 1; round <= ROUNDS; round += 1) {
    let played = null;
    const compose3 = async (earlier) => {
      const { text: text2, round: told } = await gatedText(said, gate, github, earlier);
      played = told;
      const { memory, isVerified } = told;
      const address = (url, body) => isVerified ? sealedAddress(url, memory, body) : scene.runUrl;
      const announce2 = (url, body, isLast) => turn.take(address(url, body), isLast);
      return { ...text2, announce: announce2 };
    };
    const outcome = await publish(github, { ...draft, prepare: turn.ask, compose: compose3 }, pauseMs);
    kept = conclude(gate, outcome, played);
    kept.refused = await post(scene, gate, kept, played);
    if (kept.refused !== null || await stillStands(github, outcome)) return kept;
  }
  return kept ?? Promise.reject(new Error("no round was played"));
}
function conclude(gate, outcome, played) {
  const required = gate.items.filter((item) => item.required);
  if (required.length === 0) {
    const description2 = "nothing that somebody has to confirm";
    return { outcome, state: "success", description: description2, blockedBy: [], refused: null };
  }
  if (played === null || outcome.kind === "refused" || outcome.kind === "none") {
    const description2 = "the checklist could not be posted; the run says why";
    return { outcome, state: "pending", description: description2, blockedBy: blockers(required), refused: null };
  }
  const { state, description, verdict: verdict2 } = played;
  return { outcome, state, description, blockedBy: state === "success" ? [] : blockers(verdict2.open), refused: null };
}
async function post(scene, gate, kept, played) {
  const { outcome, state, description } = kept;
  const url = played?.isVerified === true && "url" in outcome ? sealedAddress(outcome.url, played.memory, outcome.body) : scene.runUrl;
  return reasonIfRefused(setStatus(scene.github, gate.head, { context: gate.context, state, description, url }));
}
async function stillStands(github, outcome) {
  if (!("id" in outcome)) return true;
  const stands = await github.comment(outcome.id).catch(() => null);
  return stands !== null && stands.body.split(/\r?\n/, 2)[1] === outcome.body.split("\n", 2)[1];
}
async function keepQueue(scene, queued) {
  const { github, revisions, inputs } = scene;
  const context = statusName("gate", inputs.commentKey);
  const items = await itemsOf(scene);
  const open = items.filter((item) => item.required);
  const decided = await decideQueue(scene, queued, items);
  const state = decided === null ? "success" : "failure";
  const description = decided ?? (open.length === 0 ? "nothing that somebody has to confirm" : "all items confirmed");
  const status2 = { context, state, description, url: scene.runUrl };
  const refused = await reasonIfRefused(setStatus(github, revisions.new, status2));
  const blockedBy = decided === null ? [] : blockers(open);
  return { outcome: { kind: "none" }, state, description, blockedBy, refused };
}
async function decideQueue(scene, queued, items) {
  const required = items.filter((item) => item.required);
  if (required.length === 0) return null;
  if (queued === null) return "the queue does not name its pull request, so nothing is known to be confirmed";
  try {
    const pull2 = await scene.github.pull(queued);
    const gate = { ...await openGate(scene, pull2, null), items };
    const mark = marker(scene.inputs.commentKey);
    const comments = (await scene.github.comments(queued)).filter(({ body }) => body.startsWith(mark));
    for (const { body } of comments) {
      const { verdict: verdict2 } = await playRound(gate, scene.github, body);
      if (verdict2.passed) return null;
    }
    return `merged with what is before it, ${required.length === 1 ? "an item is" : "items are"} not confirmed`;
  } catch (error) {
    return reasonOf2(error);
  }
}
async function itemsOf({ git, revisions, reviewed, policy, inputs }) {
  if (revisions.old === null) return [];
  const report = reviewed.review.report();
  const changed = await git.changes(revisions.old, revisions.new);
  const blobs = new Map(changed.map((file) => [file.path, file]));
  const blobOf = ({ file, side }) => blobs.get(file)?.[side] ?? "unchanged";
  const policyCommit = revisions.policy;
  const extras = await findExtras({ git, policyCommit, config: inputs.config, policy, report, changed, blobOf });
  return gateItems(report, reviewed.review.checks(), policy.required, extras, blobOf);
}
async function readCodeOwners(git, commit2) {
  for (const path of CODEOWNERS) {
    const text2 = await readText(git, commit2, path);
    if (text2 !== null) return readOwners(text2);
  }
  return readOwners("");
}
function blockers(items) {
  return [...new Set(items.flatMap((item) => item.names))];
}
async function reasonIfRefused(call) {
  return call.then(
    () => null,
    (error) => reasonOf2(error)
  );
}
function reasonOf2(error) {
  if (error instanceof Refusal || error instanceof Uncertain) return error.message;
  throw error;
}

// action/label.ts
var COLORS = { low: "1d76db", medium: "fbca04", high: "d93f0b", critical: "b60205" };
async function setLabel(github, pullRequest2, beginning, level) {
  const names = Object.keys(COLORS).map((one) => `${beginning}: ${one}`);
  const wanted = level === "none" ? null : `${beginning}: ${level}`;
  const present = await github.labels(pullRequest2);
  const isSame = (left, right) => left.toLowerCase() === right.toLowerCase();
  for (const label2 of present) {
    const isOurs2 = names.some((name2) => isSame(name2, label2));
    if (isOurs2 && (wanted === null || !isSame(label2, wanted))) await github.removeLabel(pullRequest2, label2);
  }
  if (wanted === null || level === "none" || present.some((label2) => isSame(label2, wanted))) return;
  await github.addLabel(pullRequest2, wanted, COLORS[level]);
}

// action/links.ts
function fileBases(env, revisions) {
  const repository2 = env.GITHUB_REPOSITORY;
  if (!repository2) return void 0;
  const base = `${env.GITHUB_SERVER_URL || "https://github.com"}/${repository2}/blob`;
  return { new: `${base}/${revisions.new}/`, ...revisions.old && { old: `${base}/${revisions.old}/` } };
}
function runAddress(env) {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository2, GITHUB_RUN_ID: id } = env;
  return server && repository2 && id ? `${server}/${repository2}/actions/runs/${id}` : void 0;
}

// action/reports.ts
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
var FILES = [
  ["report-json", "json", "report.json"],
  ["report-markdown", "markdown", "report.md"],
  ["report-sarif", "sarif", "report.sarif"]
];
var MARKDOWN_BYTES = 512 * 1024;
async function writeReports(env, review, links) {
  const folder = await mkdtemp(join(env.RUNNER_TEMP || tmpdir(), "plimsoll-"));
  const written = FILES.map(async ([output, format, name2]) => {
    const path = join(folder, name2);
    await writeFile(path, review.render(format, { maxBytes: MARKDOWN_BYTES, ...links && { links } }));
    return [output, path];
  });
  return Object.fromEntries(await Promise.all(written));
}

// action/review.ts
import { readFile as readFile2 } from "node:fs/promises";

// engine/pkg/plimsoll_wasm.js
var plimsoll_wasm_exports = {};
__export(plimsoll_wasm_exports, {
  Request: () => Request,
  Review: () => Review,
  default: () => __wbg_init,
  initSync: () => initSync,
  knobs: () => knobs,
  rules: () => rules2,
  version: () => version
});
var Request = class {
  __destroy_into_raw() {
    const ptr = this.__wbg_ptr;
    this.__wbg_ptr = 0;
    RequestFinalization.unregister(this);
    return ptr;
  }
  free() {
    const ptr = this.__destroy_into_raw();
    wasm.__wbg_request_free(ptr, 0);
  }
  /**
   * Adds a file. `path` is relative to the side's root.
   *
   * # Errors
   * If `side` is neither `old` nor `new`.
   * @param {string} side
   * @param {string} path
   * @param {Uint8Array | number[]} bytes
   */
  add(side, path, bytes) {
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
      ptr0 = passStringToWasm0(side, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passStringToWasm0(path, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len1 = WASM_VECTOR_LEN;
      ptr2 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
      len2 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr2) {
        wasm.__wbindgen_free(ptr2, len2 * 1, 1);
      }
      if (ptr1) {
        wasm.__wbindgen_free(ptr1, len1 * 1, 1);
      }
      if (ptr0) {
        wasm.__wbindgen_free(ptr0, len0 * 1, 1);
      }
      throw e;
    }
    const ret = wasm.request_add(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
    if (ret[1]) {
      throw takeFromExternrefTable0(ret[0]);
    }
  }
  /**
   * An empty request.
   */
  constructor() {
    const ret = wasm.request_new();
    this.__wbg_ptr = ret;
    RequestFinalization.register(this, this.__wbg_ptr, this);
    return this;
  }
  /**
   * Tells something about files that are no input of the review; the report's coverage lists it.
   * @param {string} about
   * @param {string} text
   */
  note(about, text2) {
    let ptr0, len0, ptr1, len1;
    try {
      ptr0 = passStringToWasm0(about, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passStringToWasm0(text2, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len1 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr1) {
        wasm.__wbindgen_free(ptr1, len1 * 1, 1);
      }
      if (ptr0) {
        wasm.__wbindgen_free(ptr0, len0 * 1, 1);
      }
      throw e;
    }
    wasm.request_note(this.__wbg_ptr, ptr0, len0, ptr1, len1);
  }
  /**
   * Sets options from JSON.
   *
   * # Errors
   * If the JSON or the policy in it is not valid; the message says what, where and the remedy.
   * @param {string} json
   */
  options(json) {
    const ptr0 = passStringToWasm0(json, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.request_options(this.__wbg_ptr, ptr0, len0);
    if (ret[1]) {
      throw takeFromExternrefTable0(ret[0]);
    }
  }
  /**
   * Adds what a unified diff shows of both sides; false if the text holds none.
   * @param {string} name
   * @param {string} text
   * @returns {boolean}
   */
  patch(name2, text2) {
    let ptr0, len0, ptr1, len1;
    try {
      ptr0 = passStringToWasm0(name2, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passStringToWasm0(text2, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len1 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr1) {
        wasm.__wbindgen_free(ptr1, len1 * 1, 1);
      }
      if (ptr0) {
        wasm.__wbindgen_free(ptr0, len0 * 1, 1);
      }
      throw e;
    }
    const ret = wasm.request_patch(this.__wbg_ptr, ptr0, len0, ptr1, len1);
    return ret !== 0;
  }
  /**
   * What the policy that was set says beside the review itself, as JSON: `{"gate": {…} | null, "failOn": "high" | null}`.
   * @returns {string}
   */
  policy() {
    let deferred1_0;
    let deferred1_1;
    try {
      const ret = wasm.request_policy(this.__wbg_ptr);
      deferred1_0 = ret[0];
      deferred1_1 = ret[1];
      return getStringFromWasm0(ret[0], ret[1]);
    } finally {
      wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
  }
  /**
   * Reviews.
   * @returns {Review}
   */
  run() {
    const ptr = this.__destroy_into_raw();
    const ret = wasm.request_run(ptr);
    return Review.__wrap(ret);
  }
  /**
   * Names a file that was not read, with the reason; the report's coverage lists it.
   *
   * # Errors
   * If `side` is neither `old` nor `new`.
   * @param {string} side
   * @param {string} path
   * @param {string} reason
   */
  skip(side, path, reason) {
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
      ptr0 = passStringToWasm0(side, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passStringToWasm0(path, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len1 = WASM_VECTOR_LEN;
      ptr2 = passStringToWasm0(reason, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len2 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr2) {
        wasm.__wbindgen_free(ptr2, len2 * 1, 1);
      }
      if (ptr1) {
        wasm.__wbindgen_free(ptr1, len1 * 1, 1);
      }
      if (ptr0) {
        wasm.__wbindgen_free(ptr0, len0 * 1, 1);
      }
      throw e;
    }
    const ret = wasm.request_skip(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
    if (ret[1]) {
      throw takeFromExternrefTable0(ret[0]);
    }
  }
};
if (Symbol.dispose) Request.prototype[Symbol.dispose] = Request.prototype.free;
var Review = class _Review {
  static __wrap(ptr) {
    const obj = Object.create(_Review.prototype);
    obj.__wbg_ptr = ptr;
    ReviewFinalization.register(obj, obj.__wbg_ptr, obj);
    return obj;
  }
  __destroy_into_raw() {
    const ptr = this.__wbg_ptr;
    this.__wbg_ptr = 0;
    ReviewFinalization.unregister(this);
    return ptr;
  }
  free() {
    const ptr = this.__destroy_into_raw();
    wasm.__wbg_review_free(ptr, 0);
  }
  /**
   * The checklist item by item, as JSON.
   * @returns {string}
   */
  checks() {
    let deferred1_0;
    let deferred1_1;
    try {
      const ret = wasm.review_checks(this.__wbg_ptr);
      deferred1_0 = ret[0];
      deferred1_1 = ret[1];
      return getStringFromWasm0(ret[0], ret[1]);
    } finally {
      wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
  }
  /**
   * Whether a finding that counts is at or above `fail_on`; empty for what the options or the policy say.
   *
   * # Errors
   * If there is no such threshold.
   * @param {string} fail_on
   * @returns {boolean}
   */
  failed(fail_on) {
    const ptr0 = passStringToWasm0(fail_on, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.review_failed(this.__wbg_ptr, ptr0, len0);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0] !== 0;
  }
  /**
   * Writes the report in a format.
   *
   * # Errors
   * If there is no such format or the options are not valid JSON of their kind.
   * @param {string} format
   * @param {string} options
   * @returns {string}
   */
  render(format, options) {
    let deferred4_0;
    let deferred4_1;
    try {
      let ptr0, len0, ptr1, len1;
      try {
        ptr0 = passStringToWasm0(format, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passStringToWasm0(options, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len1 = WASM_VECTOR_LEN;
      } catch (e) {
        if (ptr1) {
          wasm.__wbindgen_free(ptr1, len1 * 1, 1);
        }
        if (ptr0) {
          wasm.__wbindgen_free(ptr0, len0 * 1, 1);
        }
        throw e;
      }
      const ret = wasm.review_render(this.__wbg_ptr, ptr0, len0, ptr1, len1);
      var ptr3 = ret[0];
      var len3 = ret[1];
      if (ret[3]) {
        ptr3 = 0;
        len3 = 0;
        throw takeFromExternrefTable0(ret[2]);
      }
      deferred4_0 = ptr3;
      deferred4_1 = len3;
      return getStringFromWasm0(ptr3, len3);
    } finally {
      wasm.__wbindgen_free(deferred4_0, deferred4_1, 1);
    }
  }
};
if (Symbol.dispose) Review.prototype[Symbol.dispose] = Review.prototype.free;
function knobs() {
  let deferred1_0;
  let deferred1_1;
  try {
    const ret = wasm.knobs();
    deferred1_0 = ret[0];
    deferred1_1 = ret[1];
    return getStringFromWasm0(ret[0], ret[1]);
  } finally {
    wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
  }
}
function rules2() {
  let deferred1_0;
  let deferred1_1;
  try {
    const ret = wasm.rules();
    deferred1_0 = ret[0];
    deferred1_1 = ret[1];
    return getStringFromWasm0(ret[0], ret[1]);
  } finally {
    wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
  }
}
function version() {
  let deferred1_0;
  let deferred1_1;
  try {
    const ret = wasm.version();
    deferred1_0 = ret[0];
    deferred1_1 = ret[1];
    return getStringFromWasm0(ret[0], ret[1]);
  } finally {
    wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
  }
}
function __wbg_get_imports() {
  const import0 = {
    __proto__: null,
    __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
      throw new Error(getStringFromWasm0(arg0, arg1));
    },
    __wbg_new_787b9fb330d55d78: function(arg0, arg1) {
      const ret = new Error(getStringFromWasm0(arg0, arg1));
      return ret;
    },
    __wbindgen_init_externref_table: function() {
      const table = wasm.__wbindgen_externrefs;
      table.set(0, void 0);
      table.set(1024, void 0);
      table.set(1025, null);
      table.set(1026, true);
      table.set(1027, false);
    }
  };
  return {
    __proto__: null,
    "./plimsoll_wasm_bg.js": import0
  };
}
var RequestFinalization = typeof FinalizationRegistry === "undefined" ? { register: () => {
}, unregister: () => {
} } : new FinalizationRegistry((ptr) => wasm.__wbg_request_free(ptr, 1));
var ReviewFinalization = typeof FinalizationRegistry === "undefined" ? { register: () => {
}, unregister: () => {
} } : new FinalizationRegistry((ptr) => wasm.__wbg_review_free(ptr, 1));
function getStringFromWasm0(ptr, len) {
  ptr = ptr >>> 0;
  return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}
var cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
  if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
    cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
  }
  return cachedUint8ArrayMemory0;
}
function passArray8ToWasm0(arg, malloc) {
  const ptr = malloc(arg.length * 1, 1) >>> 0;
  getUint8ArrayMemory0().set(arg, ptr / 1);
  WASM_VECTOR_LEN = arg.length;
  return ptr;
}
function passStringToWasm0(arg, malloc, realloc) {
  if (realloc === void 0) {
    const buf = cachedTextEncoder.encode(arg);
    const ptr2 = malloc(buf.length, 1) >>> 0;
    getUint8ArrayMemory0().subarray(ptr2, ptr2 + buf.length).set(buf);
    WASM_VECTOR_LEN = buf.length;
    return ptr2;
  }
  let len = arg.length;
  let ptr = malloc(len, 1) >>> 0;
  const mem = getUint8ArrayMemory0();
  let offset = 0;
  for (; offset < len; offset++) {
    const code2 = arg.charCodeAt(offset);
    if (code2 > 127) break;
    mem[ptr + offset] = code2;
  }
  if (offset !== len) {
    if (offset !== 0) {
      arg = arg.slice(offset);
    }
    ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
    const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
    const ret = cachedTextEncoder.encodeInto(arg, view);
    offset += ret.written;
    ptr = realloc(ptr, len, offset, 1) >>> 0;
  }
  WASM_VECTOR_LEN = offset;
  return ptr;
}
function takeFromExternrefTable0(idx) {
  const value = wasm.__wbindgen_externrefs.get(idx);
  wasm.__externref_table_dealloc(idx);
  return value;
}
var cachedTextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
cachedTextDecoder.decode();
var MAX_SAFARI_DECODE_BYTES = 2146435072;
var numBytesDecoded = 0;
function decodeText(bytes) {
  numBytesDecoded += bytes.length;
  if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
    cachedTextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
    cachedTextDecoder.decode();
    numBytesDecoded = bytes.length;
  }
  return cachedTextDecoder.decode(bytes);
}
var cachedTextEncoder = new TextEncoder();
if (!("encodeInto" in cachedTextEncoder)) {
  cachedTextEncoder.encodeInto = function(arg, view) {
    const buf = cachedTextEncoder.encode(arg);
    view.set(buf);
    return {
      read: arg.length,
      written: buf.length
    };
  };
}
var WASM_VECTOR_LEN = 0;
var wasmModule;
var wasmInstance;
var wasm;
function __wbg_finalize_init(instance, module) {
  wasmInstance = instance;
  wasm = instance.exports;
  wasmModule = module;
  cachedUint8ArrayMemory0 = null;
  wasm.__wbindgen_start();
  return wasm;
}
async function __wbg_load(module, imports) {
  if (typeof Response === "function" && module instanceof Response) {
    if (!module.ok) {
      throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
    }
    if (typeof WebAssembly.instantiateStreaming === "function") {
      try {
        return await WebAssembly.instantiateStreaming(module, imports);
      } catch (e) {
        const validResponse = expectedResponseType(module.type);
        if (validResponse && module.headers.get("Content-Type") !== "application/wasm") {
          console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);
        } else {
          throw e;
        }
      }
    }
    const bytes = await module.arrayBuffer();
    return await WebAssembly.instantiate(bytes, imports);
  } else {
    const instance = await WebAssembly.instantiate(module, imports);
    if (instance instanceof WebAssembly.Instance) {
      return { instance, module };
    } else {
      return instance;
    }
  }
  function expectedResponseType(type) {
    switch (type) {
      case "basic":
      case "cors":
      case "default":
        return true;
    }
    return false;
  }
}
function initSync(module) {
  if (wasm !== void 0) return wasm;
  if (module !== void 0) {
    if (Object.getPrototypeOf(module) === Object.prototype) {
      ({ module } = module);
    } else {
      console.warn("using deprecated parameters for `initSync()`; pass a single object instead");
    }
  }
  const imports = __wbg_get_imports();
  if (!(module instanceof WebAssembly.Module)) {
    module = new WebAssembly.Module(module);
  }
  const instance = new WebAssembly.Instance(module, imports);
  return __wbg_finalize_init(instance, module);
}
var __wbg_init_promise;
async function __wbg_init(module_or_path) {
  if (wasm !== void 0) return wasm;
  if (__wbg_init_promise === void 0) {
    __wbg_init_promise = __wbg_init_once(module_or_path);
    __wbg_init_promise.catch(() => {
      __wbg_init_promise = void 0;
    });
  }
  return __wbg_init_promise;
}
async function __wbg_init_once(module_or_path) {
  if (module_or_path !== void 0) {
    if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
      ({ module_or_path } = module_or_path);
    } else {
      console.warn("using deprecated parameters for the initialization function; pass a single object instead");
    }
  }
  if (module_or_path === void 0) {
    module_or_path = new URL("plimsoll_wasm_bg.wasm", import.meta.url);
  }
  const imports = __wbg_get_imports();
  if (typeof module_or_path === "string" || typeof Request === "function" && module_or_path instanceof Request || typeof URL === "function" && module_or_path instanceof URL) {
    module_or_path = fetch(module_or_path);
  }
  const { instance, module } = await __wbg_load(await module_or_path, imports);
  return __wbg_finalize_init(instance, module);
}

// engine/engine.ts
var BadConfig = class extends Error {
  name = "BadConfig";
};
var EngineFailure = class extends Error {
  name = "EngineFailure";
};
async function loadEngine(source) {
  try {
    await __wbg_init({ module_or_path: source });
  } catch (error) {
    throw new EngineFailure(`the engine did not start: ${describe(error)}`, { cause: error });
  }
  return {
    version: guarded(() => version()),
    rules: () => guarded(() => JSON.parse(rules2())),
    knobs: () => guarded(knobs2),
    request: () => wrapRequest2(guarded(() => new Request()))
  };
}
function knobs2() {
  const export_ = Reflect.get(plimsoll_wasm_exports, "knobs");
  return typeof export_ === "function" ? JSON.parse(export_()) : [];
}
function wrapRequest2(inner) {
  return {
    add: (side, path, bytes) => guarded(() => inner.add(side, path, bytes)),
    skip: (side, path, reason) => guarded(() => inner.skip(side, path, reason)),
    note: (about, text2) => guarded(() => inner.note(about, text2)),
    patch: (name2, text2) => guarded(() => inner.patch(name2, text2)),
    options: (options) => setOptions(inner, options),
    policy: () => guarded(() => JSON.parse(inner.policy())),
    run: () => wrapReview(guarded(() => inner.run()))
  };
}
function wrapReview(inner) {
  const render = (format, options = {}) => guarded(() => inner.render(format, JSON.stringify(options)));
  return {
    render,
    report: () => JSON.parse(render("json")),
    diff: () => JSON.parse(render("diff")),
    checks: () => guarded(() => JSON.parse(inner.checks())),
    failed: (failOn) => guarded(() => inner.failed(failOn ?? "")),
    free: () => guarded(() => inner.free())
  };
}
function setOptions(inner, options) {
  const json = JSON.stringify({
    config: options.config ?? null,
    env: options.env ?? [],
    failOn: options.failOn ?? null,
    today: options.today ?? null,
    audit: options.audit ?? false,
    wholeFiles: options.wholeFiles ?? false,
    ...options.whatIf ? { whatIf: options.whatIf } : {}
  });
  try {
    inner.options(json);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw broken(error);
    throw new BadConfig(describe(error), { cause: error });
  }
}
function guarded(call) {
  try {
    return call();
  } catch (error) {
    throw error instanceof EngineFailure ? error : broken(error);
  }
}
function broken(error) {
  return new EngineFailure(`the engine stopped: ${describe(error)}`, { cause: error });
}
function describe(error) {
  return error instanceof Error ? error.message : String(error);
}

// action/review.ts
async function reviewRevisions(git, revisions, inputs) {
  const engine = await loadEngine(await readFile2(new URL("./plimsoll_wasm_bg.wasm", import.meta.url)));
  const request2 = engine.request();
  const options = {
    env: inputs.environments,
    failOn: inputs.failOn,
    today: (/* @__PURE__ */ new Date()).toISOString().slice(0, 10),
    audit: revisions.old === null
  };
  const config = await readConfig(engine, git, revisions, inputs.config, options);
  try {
    request2.options({ ...options, config });
  } catch (error) {
    if (error instanceof BadConfig) throw new Refusal(error.message);
    throw error;
  }
  const policy = request2.policy();
  await addSources(request2, git, revisions, pathFilter(inputs.paths));
  return { review: request2.run(), policy };
}
async function readConfig(engine, git, revisions, path, options) {
  const coming = await readText(git, revisions.new, path);
  const judging = await readText(git, revisions.policy, path);
  const before = revisions.old === null ? coming : await readText(git, revisions.old, path);
  if (judging === null && coming === null && path !== INPUTS.config.default) {
    throw new Refusal(`${path} is neither in the base nor in the change; check the input \`config\``);
  }
  if (coming !== null && coming !== before) announce(engine, path, coming, options);
  return judging;
}
function announce(engine, path, config, options) {
  try {
    engine.request().options({ ...options, config });
    annotate(
      "notice",
      `this change edits ${path}; the base's state of it judges this review, the new one those after the merge`
    );
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error;
    annotate("warning", `after the merge, reviews would stop at ${path}: ${error.message}`);
  }
}

// action/main.ts
var ISSUES = "https://github.com/plimsoll-review/plimsoll/issues";
async function run(env) {
  const inputs = readInputs(env);
  mask(inputs.token);
  useProxy();
  const event2 = await identify(env, await readEvent(env), inputs);
  if (event2 === null || event2.range === null) return;
  const server = env.GITHUB_SERVER_URL || "https://github.com";
  const git = new Git(env.GITHUB_WORKSPACE || process.cwd(), { server, token: inputs.token });
  const revisions = await findRevisions(git, event2.range);
  const reviewed = await reviewRevisions(git, revisions, inputs);
  const links = fileBases(env, revisions);
  const fullReport = runAddress(env);
  const markdown = (options) => reviewed.review.render("markdown", { ...options, ...links && { links } });
  const report = reviewed.review.report();
  const said = {
    report,
    head: revisions.new,
    markdown: (options) => markdown({ ...options, ...fullReport && { fullReport } })
  };
  const github = inputs.token === "" ? null : openGitHub(env, inputs.token, isReadOnly(event2));
  printText(reviewed.review.render("text", { color: env.NO_COLOR === void 0 }));
  printCommands(reviewed.review.render("github"));
  const paths = await writeReports(env, reviewed.review, links);
  const failOn = threshold(inputs, reviewed);
  const failed = reviewed.review.failed(failOn);
  const told = await tell({ env, inputs, event: event2, github, git, revisions, reviewed, report, said }, failed);
  await summarise(env, event2, told, (maxBytes) => markdown({ maxBytes }));
  const blockedBy = told.kept?.blockedBy ?? reachingRules(report, failed ? failOn ?? "high" : "never");
  await setOutputs(env, {
    ...numbers(report),
    ...paths,
    gate: told.kept?.state ?? "off",
    "blocked-by": blockedBy.join(","),
    "comment-url": "url" in told.outcome ? told.outcome.url : ""
  });
  if (!failed) return;
  process.exitCode = 1;
  annotate("error", report.summary);
}
function threshold(inputs, { policy }) {
  return inputs.failOn ?? policy.failOn ?? (policy.gate === null ? null : "never");
}
function isReadOnly({ name: name2, pull: pull2 }) {
  return pull2 !== null && isFork(pull2) && (name2 === "pull_request" || name2 === "pull_request_review");
}
async function tell(run2, failed) {
  const { inputs, event: event2, github } = run2;
  if (event2.pull === null) return tellQueue(run2);
  if (github === null) {
    const silent = inputs.comment === "never" && run2.reviewed.policy.gate === null;
    const why = "there is no token; give the input `github-token`";
    return { outcome: silent ? { kind: "none" } : { kind: "refused", why }, kept: null, refusals: [] };
  }
  const { outcome, kept } = await converse(run2, github);
  const refusals = [kept?.refused, await label(run2, github), kept === null ? await verdict(run2, github, failed) : null];
  return { outcome, kept, refusals: refusals.filter((why) => why != null) };
}
async function converse(run2, github) {
  const { env, inputs, event: event2, git, revisions, reviewed, said } = run2;
  const { pull: pull2, edit } = event2;
  if (pull2 === null) return { outcome: { kind: "none" }, kept: null };
  const draft = {
    pullRequest: pull2.number,
    head: pull2.head.sha,
    key: inputs.commentKey,
    policy: inputs.comment
  };
  const policy = reviewed.policy.gate;
  if (policy === null) {
    const outcome = await publish(
      github,
      { ...draft, compose: async (earlier) => plainText(said, earlier) },
      pauses(env)
    );
    return { outcome, kept: null };
  }
  const scene = { git, github, revisions, reviewed, policy, inputs, runUrl: runAddress(env) ?? "" };
  const isRepeated = Number(env.GITHUB_RUN_ATTEMPT ?? "1") > 1;
  const gate = await openGate(scene, pull2, isRepeated ? null : edit);
  const gated = { ...draft, policy: draft.policy === "never" ? "on-findings" : draft.policy };
  const kept = await keepGate(scene, gate, said, gated, pauses(env));
  return { outcome: kept.outcome, kept };
}
async function tellQueue(run2) {
  const { env, event: event2, github, git, revisions, reviewed, inputs } = run2;
  const policy = reviewed.policy.gate;
  const nothing2 = { outcome: { kind: "none" }, kept: null, refusals: [] };
  if (event2.name !== "merge_group" || policy === null) return nothing2;
  if (github === null)
    return { ...nothing2, refusals: ["there is no token for the gate; give the input `github-token`"] };
  const scene = { git, github, revisions, reviewed, policy, inputs, runUrl: runAddress(env) ?? "" };
  const kept = await keepQueue(scene, event2.queued);
  return { outcome: kept.outcome, kept, refusals: kept.refused === null ? [] : [kept.refused] };
}
async function label({ inputs, event: event2, report }, github) {
  if (inputs.label === "" || event2.pull === null) return null;
  return reasonIfRefused(setLabel(github, event2.pull.number, inputs.label, report.level));
}
async function verdict({ env, inputs, event: event2, report }, github, failed) {
  if (event2.name !== "workflow_run" || event2.pull === null) return null;
  const state = failed ? "failure" : "success";
  const context = statusName("review", inputs.commentKey);
  const description = `${report.level === "none" ? "no risk found" : `${report.level} risk`}, score ${report.score}`;
  const status2 = { context, state, description, url: runAddress(env) ?? "" };
  return reasonIfRefused(setStatus(github, event2.pull.head.sha, status2));
}
async function summarise(env, event2, { outcome, kept, refusals }, write) {
  const level = isReadOnly(event2) ? "notice" : "warning";
  const notes = [];
  if (kept !== null) notes.push(`The gate: ${kept.state}, ${kept.description}`);
  if (outcome.kind === "refused") {
    notes.push(`No comment was posted: ${outcome.why}`);
    annotate(level, `no comment was posted: ${outcome.why}`);
  }
  for (const why of new Set(refusals)) {
    notes.push(`Not all was posted: ${why}`);
    annotate(level, `not all was posted: ${why}`);
  }
  const note = notes.map((text2) => `

${text2}`).join("");
  await appendSummary(env, (maxBytes) => write(Math.max(maxBytes - Buffer.byteLength(note), 0)) + note);
}
function numbers(report) {
  const counting = report.findings.filter((finding) => finding.suppressed === null);
  const counts2 = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of counting) counts2[severity] += 1;
  const { score, level } = report;
  return { score: `${score}`, level, findings: `${counting.length}`, counts: JSON.stringify(counts2) };
}
function reachingRules(report, failOn) {
  const order = ["info", "low", "medium", "high", "critical", "never"];
  const reaching = report.findings.filter(
    ({ suppressed, severity }) => suppressed === null && order.indexOf(severity) >= order.indexOf(failOn)
  );
  return [...new Set(reaching.map((finding) => finding.rule))];
}
function pauses(env) {
  return Number(env.PLIMSOLL_RETRY_BASE_MS) || 1e3;
}
run(process.env).catch((error) => {
  process.exitCode = 1;
  if (error instanceof Refusal) return annotate("error", `not reviewed: ${error.message}`);
  const what = error instanceof Error ? error.message : "an unknown error";
  annotate(
    "error",
    `not reviewed: this is a bug in Plimsoll, not a verdict on the change; please report it at ${ISSUES} (${what})`
  );
});
