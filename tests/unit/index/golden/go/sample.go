// Package doc.
package main

import "fmt"
import (
	"net/http"
	m "a/b/mod"
	. "dot"
	_ "side"
)

// Max is.
const Max = 3
const (
	// A doc
	A, B = iota, 1
	C
)
var x, y int = 1, 2
var z = &Foo{}
var (
	w map[string]Foo
)

// Foo doc.
type Foo[T any] struct {
	Bar
	*pkg.Baz
	Name string `json:"n"`
	a, b int
	in struct { c int }
}
type Alias = Foo
type Fn func(a int) error
type I interface {
	io.Reader
	Do(x int) (string, error)
}

// Method doc.
func (f *Foo[T]) Get(k string) (map[string]int, error) {
	v := helper(k)
	fmt.Println(v, T(1))
	func() { inner() }()
	return nil, Foo{a: 1}
}
func New() *Foo { return &Foo{} }
func Broken( {

type AfterBroken struct{ X int }
