#!/usr/bin/env node
'use strict'
import base, { named as renamed, plain } from './base.js'
import * as everything from "everything"
import './side-effect.js'
export { inner as outer, same } from './again.js'
export * from './all.js'
export * as space from './space.js'
const fs = require('fs')
const { readFile, writeFile: write } = require('fs/promises')

/**
 * Documentation of Shape.
 */
@sealed
export class Shape extends geometry.Base {
  static #count = 0
  name = new Name('x')
  handler = (event) => { this.fire(event) }

  constructor (side, other) {
    super(side)
    this.side = side
    this.area = new Area(side)
  }

  // The area.
  get size () { return this.area.value }
  static create (...all) { return new Shape(...all) }
  async * walk () { yield* this.children() }
  'quoted name' () {}
  [computed] () {}
}

const Mixin = class extends Shape {}

function outerFunction (a, b = 1) {
  const local = 1
  function nested () { return a.b?.c(d) }
  return nested
}
async function * generate () {}

export const arrow = async ({ a }) => { await import('./lazy.js') }
export const settings = { depth: 1, nested: { deep: 2 }, run () { go() }, stop: function () {} }
export default function () { return <Panel title="x"><b>{show()}</b></Panel> }
let counter = 0
var old = new Map()

Old.prototype.method = function (x) { return x }
exports.helper = function () {}
module.exports = { arrow }

function broken( {
class AfterBroken { m() {} }
