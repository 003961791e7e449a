// The end of a conversation inside the sandbox: loads JavaScript source and makes the calls that it is asked for.
//
// Requests are lines of JSON from one descriptor, answers lines "NONCE JSON" to another. The nonce of a call comes with
// that call: code that runs earlier cannot know it. Whatever the code may replace is taken before it runs.
"use strict";
(() => {
  const { readSync, writeSync } = require("fs");
  const { runInThisContext } = require("vm");
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { keys, getPrototypeOf } = Object;
  const { apply, construct } = Reflect;
  const { isFinite, isSafeInteger } = Number;
  const { concat, from } = Buffer;
  const number = BigInt;
  const text = String;
  const plain = Object.prototype;
  const PlainMap = Map;
  const plainMap = Map.prototype;
  const free = (method) => Function.prototype.call.bind(method);
  const slice = free(String.prototype.slice);
  const join = free(Array.prototype.join);
  const push = free(Array.prototype.push);
  const indexOf = free(Uint8Array.prototype.indexOf);
  const part = free(Buffer.prototype.subarray);
  const decode = free(Buffer.prototype.toString);
  const matches = free(RegExp.prototype.test);
  const code = free(Function.prototype.toString);
  const each = free(Map.prototype.forEach);
  const get = free(Map.prototype.get);
  const has = free(Map.prototype.has);
  const set = free(Map.prototype.set);
  const leave = process.exit.bind(process);
  const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
  const CLASS = /^class\b/;
  const FRACTION = /[.e]/;
  const MOST_PARTS = 100000;
  const DEEPEST = 50;

  const requests = Number(process.argv[1]);
  const results = Number(process.argv[2]);
  const kept = new Map();
  process.argv = ["program"];
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;

  let waiting = Buffer.alloc(0);

  function nextLine() {
    const block = Buffer.alloc(65536);
    const blocks = [waiting];
    for (;;) {
      const last = blocks[blocks.length - 1];
      const end = indexOf(last, 10);
      if (end >= 0) {
        waiting = part(last, end + 1);
        blocks[blocks.length - 1] = part(last, 0, end);
        return decode(concat(blocks), "utf8");
      }
      const size = readSync(requests, block, 0, 65536, null);
      if (size === 0) leave(0);
      push(blocks, from(part(block, 0, size)));
    }
  }

  function send(line) {
    let bytes = from(line, "utf8");
    while (bytes.length) bytes = part(bytes, writeSync(results, bytes, 0, bytes.length));
  }

  // What was marked for the way here: "s" before text, "n" before the digits of a large integer, objects for Maps.
  function restored(value) {
    if (typeof value === "string") return value[0] === "n" ? number(slice(value, 1)) : slice(value, 1);
    if (typeof value !== "object" || value === null) return value;
    if (!isArray(value)) return restoredMap(value.entries);
    for (let i = 0; i < value.length; i++) value[i] = restored(value[i]);
    return value;
  }

  function restoredMap(entries) {
    const found = new PlainMap();
    for (let i = 0; i < entries.length; i++) set(found, restored(entries[i][0]), restored(entries[i][1]));
    return found;
  }

  function named(name) {
    if (!matches(NAME, name)) throw new ReferenceError(`${name} is not a name`);
    return runInThisContext(name);
  }

  // What a call returns; null for an object of a class that is called.
  function called(request) {
    const { receiver, function: name, arguments: given } = request;
    const values = restored(given);
    let value = null;
    let made = false;
    if (receiver !== null) {
      if (!has(kept, receiver)) throw new ReferenceError(`there is no object from call ${receiver}`);
      const object = get(kept, receiver);
      value = apply(object[name], object, values);
    } else {
      const target = named(name);
      made = typeof target === "function" && matches(CLASS, code(target));
      value = made ? construct(target, values) : apply(target, undefined, values);
    }
    if (request.keep) set(kept, request.number, value);
    return made ? null : value;
  }

  function write(value, parts, depth) {
    if (parts.length > MOST_PARTS || depth > DEEPEST) throw new RangeError("the value that was returned is too large");
    if (value === null || value === undefined) push(parts, "null");
    else if (typeof value === "boolean") push(parts, value ? "true" : "false");
    else if (typeof value === "string") push(parts, stringify(value));
    else if (typeof value === "bigint") push(parts, text(value));
    else if (typeof value === "number" && isFinite(value)) push(parts, digits(value));
    else if (typeof value === "object" && isArray(value)) writeList(value, parts, depth);
    else if (typeof value === "object" && isMapping(value)) writeMapping(value, parts, depth);
    else throw new TypeError(`a value of type ${kind(value)} was returned, which JSON has no word for`);
  }

  // An integer only where it is exact; the last digits of others would be made up.
  function digits(value) {
    const said = text(value);
    return isSafeInteger(value) || matches(FRACTION, said) ? said : `${said}.0`;
  }

  function writeList(value, parts, depth) {
    push(parts, "[");
    for (let i = 0; i < value.length; i++) {
      if (i) push(parts, ",");
      write(value[i], parts, depth + 1);
    }
    push(parts, "]");
  }

  function isMapping(value) {
    const prototype = getPrototypeOf(value);
    return prototype === plain || prototype === null || prototype === plainMap;
  }

  function writeMapping(value, parts, depth) {
    let before = '{"entries": [[';
    const add = (inner, name) => {
      push(parts, before, keyOf(name), ",");
      before = "],[";
      write(inner, parts, depth + 1);
    };
    if (getPrototypeOf(value) === plainMap) {
      each(value, add);
    } else {
      const names = keys(value);
      for (let i = 0; i < names.length; i++) add(value[names[i]], names[i]);
    }
    push(parts, before === "],[" ? "]]}" : '{"entries": []}');
  }

  function keyOf(name) {
    if (typeof name === "string") return stringify(name);
    if (typeof name === "bigint" || isSafeInteger(name)) return text(name);
    throw new TypeError("a Map with keys that are neither text nor exact integers was returned");
  }

  function kind(value) {
    return typeof value === "object" ? text(value.constructor?.name) : typeof value;
  }

  // The kind and the message, which may be anything.
  function described(problem) {
    try {
      return slice(typeof problem === "object" ? `${problem.name}: ${problem.message}` : text(problem), 0, 300);
    } catch {
      return "an error that cannot be shown";
    }
  }

  function reply(request) {
    try {
      let value = null;
      if (request.source !== undefined) runInThisContext(request.source, { filename: "program" });
      else if (request.function !== undefined) value = called(request);
      const parts = [];
      write(value, parts, 0);
      const said = join(parts, "");
      if (said.length > request.longest) throw new RangeError("the value that was returned is too long");
      return `{"value": ${said}}`;
    } catch (problem) {
      return `{"raised": ${stringify(described(problem))}}`;
    }
  }

  for (;;) {
    const request = parse(nextLine());
    send(`${request.nonce} ${reply(request)}\n`);
  }
})();
