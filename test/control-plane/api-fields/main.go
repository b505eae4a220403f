// Prints what the API server of this Kubernetes does with the fields of Deployments, StatefulSets, Jobs and Services that
// a manifest leaves out, as JSON by the names of the API's types. It asks the types and the defaulting functions of
// Kubernetes themselves:
//
//	node scripts/api-fields.ts
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
)

// field says of a field of a type what matters when it is missing on one side.
type field struct {
	// Type of an object, or of the entries of a list of objects.
	Type string `json:"type,omitempty"`
	// The field of an entry that tells it from others, for lists without an order.
	Key string `json:"key,omitempty"`
	// Absent means something else than empty, false or 0.
	Pointer bool `json:"pointer,omitempty"`
	// What the server puts in when it is absent. "derived" is true where that depends on other fields.
	Default any  `json:"default,omitempty"`
	Derived bool `json:"derived,omitempty"`
}

var types = map[string]map[string]*field{}

// leaves are types that are written as one value.
var leaves = map[reflect.Type]any{
	reflect.TypeFor[resource.Quantity]():  "1",
	reflect.TypeFor[intstr.IntOrString](): 1,
	reflect.TypeFor[metav1.Time]():        "2020-01-01T00:00:00Z",
}

// chosen are values that other defaults depend on, one for each variant.
var chosen = map[string][2]any{
	"Container.image":                {"x:1", "x"},
	"DeploymentStrategy.type":        {"RollingUpdate", "RollingUpdate"},
	"StatefulSetUpdateStrategy.type": {"RollingUpdate", "RollingUpdate"},
	"ServiceSpec.type":               {"LoadBalancer", "ClusterIP"},
	"ServiceSpec.sessionAffinity":    {"ClientIP", "None"},
}

// variants are what numbers and texts are made from, so that what depends on another field differs.
var variants = [2]int{2, 3}

func main() {
	for _, root := range []runtime.Object{&appsv1.Deployment{}, &appsv1.StatefulSet{}, &batchv1.Job{}, &corev1.Service{}} {
		spec, _ := reflect.TypeOf(root).Elem().FieldByName("Spec")
		describe(spec.Type)
		learnDefaults(root, spec.Type)
	}
	out, err := json.Marshal(types)
	check(err)
	fmt.Println(string(out))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func describe(t reflect.Type) {
	if _, known := types[t.Name()]; known {
		return
	}
	fields := map[string]*field{}
	types[t.Name()] = fields
	eachField(t, func(name string, f reflect.StructField, inner reflect.Type) {
		described := &field{Key: f.Tag.Get("patchMergeKey"), Pointer: f.Type.Kind() == reflect.Pointer}
		if inner.Kind() == reflect.Struct {
			described.Type = inner.Name()
			describe(inner)
		}
		fields[name] = described
	})
}

// eachField calls for each field that JSON shows, inlined ones included, with the type of its value or entries.
func eachField(t reflect.Type, call func(name string, f reflect.StructField, inner reflect.Type)) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if name == "" {
			eachField(inner, call)
			continue
		}
		// What a Kubernetes object says about itself is compared otherwise.
		if t == reflect.TypeFor[metav1.ObjectMeta]() || name == "-" {
			continue
		}
		if _, isLeaf := leaves[inner]; isLeaf {
			inner = reflect.TypeFor[string]()
		}
		call(name, f, inner)
	}
}

// filled is a value in which every field is set; numbers and texts differ by variant.
func filled(t reflect.Type, variant int) any {
	if value, isLeaf := leaves[t]; isLeaf {
		if t == reflect.TypeFor[intstr.IntOrString]() || t == reflect.TypeFor[resource.Quantity]() {
			return fmt.Sprint(variant)
		}
		return value
	}
	switch t.Kind() {
	case reflect.Pointer:
		return filled(t.Elem(), variant)
	case reflect.Bool:
		return true
	case reflect.String:
		return fmt.Sprintf("x%d", variant)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "eA=="
		}
		return []any{filled(t.Elem(), variant)}
	case reflect.Map:
		return map[string]any{"cpu": filled(t.Elem(), variant)}
	case reflect.Struct:
		object := map[string]any{}
		eachFilled(t, object, variant)
		return object
	default:
		return variant
	}
}

func eachFilled(t reflect.Type, object map[string]any, variant int) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			eachFilled(f.Type, object, variant)
		} else if values, isChosen := chosen[t.Name()+"."+name]; isChosen {
			object[name] = values[variant-variants[0]]
		} else if name != "-" && t != reflect.TypeFor[metav1.ObjectMeta]() {
			object[name] = filled(f.Type, variant)
		}
	}
}

// learnDefaults leaves out one field after the other, wherever it may stand, and sees what the server makes of that.
func learnDefaults(root runtime.Object, spec reflect.Type) {
	var visit func(t reflect.Type, path []any)
	visit = func(t reflect.Type, path []any) {
		eachField(t, func(name string, f reflect.StructField, inner reflect.Type) {
			at := append(append([]any{}, path...), name)
			learn(types[t.Name()][name], defaulted(root, spec, at, variants[0]), defaulted(root, spec, at, variants[1]))
			if inner.Kind() != reflect.Struct {
				return
			}
			if f.Type.Kind() == reflect.Slice {
				at = append(at, 0)
			}
			visit(inner, at)
		})
	}
	visit(spec, nil)
}

func learn(known *field, one, other any) {
	a, _ := json.Marshal(one)
	b, _ := json.Marshal(other)
	if string(a) == "null" && string(b) == "null" {
		return
	}
	before, _ := json.Marshal(known.Default)
	if string(a) != string(b) || (known.Default != nil && string(before) != string(a)) {
		known.Derived = true
		known.Default = nil
	} else if !known.Derived {
		known.Default = one
	}
}

// defaulted is what the server puts where nothing stands, in an object that is filled but for that; nil for nothing.
func defaulted(root runtime.Object, spec reflect.Type, path []any, variant int) any {
	content := filled(spec, variant).(map[string]any)
	remove(content, path)
	text, err := json.Marshal(map[string]any{"spec": content})
	check(err)
	object := root.DeepCopyObject()
	check(json.Unmarshal(text, object))
	legacyscheme.Scheme.Default(object)
	// The server keeps the form without a version, which may know fields by other names.
	kinds, _, err := legacyscheme.Scheme.ObjectKinds(object)
	check(err)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	check(err)
	back, err := legacyscheme.Scheme.ConvertToVersion(internal, kinds[0].GroupVersion())
	check(err)
	served, err := json.Marshal(back)
	check(err)
	var value any
	check(json.Unmarshal(served, &value))
	value = value.(map[string]any)["spec"]
	for _, step := range path {
		switch key := step.(type) {
		case string:
			object, isObject := value.(map[string]any)
			if !isObject {
				return nil
			}
			value = object[key]
		case int:
			list, isList := value.([]any)
			if !isList || len(list) <= key {
				return nil
			}
			value = list[key]
		}
	}
	return value
}

func remove(content map[string]any, path []any) {
	var value any = content
	for _, step := range path[:len(path)-1] {
		switch key := step.(type) {
		case string:
			value = value.(map[string]any)[key]
		case int:
			value = value.([]any)[key]
		}
	}
	delete(value.(map[string]any), path[len(path)-1].(string))
}
