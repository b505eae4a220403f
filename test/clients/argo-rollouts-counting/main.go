// Runs one AnalysisRun to its end by the controller of Argo Rollouts itself, on clientsets without a cluster. One line of
// JSON in, one line of JSON out, until the input ends:
//
//	in   {"template": {an AnalysisTemplate}, "args": {"name": "value"}, "secrets": {"name/key": "value"},
//	      "measurements": 100}
//	out  {"phase": "Successful", "message": "", "phases": ["Successful", "Successful"]}
//
// "phases" are the first measurements, of which the controller itself keeps ten. A run that has not ended after so many
// measurements has the phase "Running". The controller's clock is put on by a minute each time that it is woken, and it is
// woken when it has seen what it wrote down before, so that no interval is waited for.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/argoproj/argo-rollouts/analysis"
	"github.com/argoproj/argo-rollouts/controller/metrics"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/pkg/client/clientset/versioned/fake"
	informers "github.com/argoproj/argo-rollouts/pkg/client/informers/externalversions"
	analysisutil "github.com/argoproj/argo-rollouts/utils/analysis"
	"github.com/argoproj/argo-rollouts/utils/queue"
	"github.com/argoproj/argo-rollouts/utils/record"
	timeutil "github.com/argoproj/argo-rollouts/utils/time"
	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubeinformers "k8s.io/client-go/informers"
	kubefake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/util/workqueue"
)

const (
	namespace = "default"
	name      = "run"
	// Longer than the intervals between measurements.
	step = time.Minute
	// For one run; a measurement that hangs takes its own time limit.
	patience = 60 * time.Second
)

// What the controller's clock says, in seconds since the epoch.
var clock atomic.Int64

// wakes is a queue that nothing but wake fills: not the events of the informer, nor the controller's own alarms.
type wakes struct {
	workqueue.RateLimitingInterface
	done chan struct{}
}

func (queue *wakes) Add(any)                     {}
func (queue *wakes) AddAfter(any, time.Duration) {}
func (queue *wakes) AddRateLimited(any)          {}

func (queue *wakes) Done(item any) {
	queue.RateLimitingInterface.Done(item)
	queue.done <- struct{}{}
}

// wake lets the controller look at the run once, and waits until it has.
func (queue *wakes) wake(ctx context.Context) {
	queue.RateLimitingInterface.Add(namespace + "/" + name)
	select {
	case <-queue.done:
	case <-ctx.Done():
	}
}

type question struct {
	Template     v1alpha1.AnalysisTemplate `json:"template"`
	Args         map[string]string         `json:"args"`
	Secrets      map[string]string         `json:"secrets"`
	Measurements int32                     `json:"measurements"`
}

type answer struct {
	Phase   string   `json:"phase"`
	Message string   `json:"message"`
	Phases  []string `json:"phases"`
}

func main() {
	logrus.SetOutput(io.Discard)
	clock.Store(time.Now().Unix())
	timeutil.SetNowTimeFunc(func() time.Time { return time.Unix(clock.Load(), 0) })
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		ended, err := analysed(lines.Bytes())
		if err == nil {
			err = out.Encode(ended)
		}
		if err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

func analysed(line []byte) (answer, error) {
	var asked question
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return answer{}, err
	}
	run, err := runOf(asked)
	if err != nil {
		return answer{}, err
	}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	return follow(ctx, asked, run)
}

func runOf(asked question) (*v1alpha1.AnalysisRun, error) {
	var args []v1alpha1.Argument
	for name, value := range asked.Args {
		args = append(args, v1alpha1.Argument{Name: name, Value: &value})
	}
	templates := []*v1alpha1.AnalysisTemplate{&asked.Template}
	return analysisutil.NewAnalysisRunFromTemplates(
		templates, nil, args, nil, nil, nil, nil, name, "", namespace)
}

// follow starts the controller and wakes it until the run has ended.
func follow(ctx context.Context, asked question, run *v1alpha1.AnalysisRun) (answer, error) {
	client := fake.NewSimpleClientset(run)
	kube := kubefake.NewSimpleClientset(secretsOf(asked.Secrets)...)
	runs := informers.NewSharedInformerFactory(client, 0)
	jobs := kubeinformers.NewSharedInformerFactory(kube, 0)
	inner := workqueue.NewNamedRateLimitingQueue(queue.DefaultArgoRolloutsRateLimiter(), "AnalysisRuns")
	alarm := &wakes{inner, make(chan struct{}, 1)}
	defer alarm.ShutDown()
	controller := analysis.NewController(analysis.ControllerConfig{
		KubeClientSet:        kube,
		ArgoProjClientset:    client,
		AnalysisRunInformer:  runs.Argoproj().V1alpha1().AnalysisRuns(),
		JobInformer:          jobs.Batch().V1().Jobs(),
		AnalysisRunWorkQueue: alarm,
		MetricsServer: metrics.NewMetricsServer(metrics.ServerConfig{
			K8SRequestProvider: &metrics.K8sRequestsCountProvider{},
		}),
		Recorder: record.NewFakeEventRecorder(),
	})
	runs.Start(ctx.Done())
	jobs.Start(ctx.Done())
	runs.WaitForCacheSync(ctx.Done())
	jobs.WaitForCacheSync(ctx.Done())
	working, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = controller.Run(working, 1) }()

	lister := runs.Argoproj().V1alpha1().AnalysisRuns().Lister().AnalysisRuns(namespace)
	seen := measurements{phases: []string{}}
	for ctx.Err() == nil {
		current, err := client.ArgoprojV1alpha1().AnalysisRuns(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return answer{}, err
		}
		listed, err := lister.Get(name)
		if err != nil {
			return answer{}, err
		}
		if !equality.Semantic.DeepEqual(current.Status, listed.Status) {
			time.Sleep(time.Millisecond)
			continue
		}
		status := current.Status
		seen.take(status)
		if status.Phase.Completed() || int32(len(seen.phases)) >= asked.Measurements {
			return answer{string(status.Phase), status.Message, seen.phases}, nil
		}
		clock.Add(int64(step.Seconds()))
		alarm.wake(ctx)
	}
	return answer{}, errors.New("the run has not ended in time")
}

// measurements are remembered one by one, because the controller forgets all but the last ten.
type measurements struct {
	phases []string
	last   time.Time
}

func (seen *measurements) take(status v1alpha1.AnalysisRunStatus) {
	if len(status.MetricResults) == 0 {
		return
	}
	for _, one := range status.MetricResults[0].Measurements {
		if one.FinishedAt == nil || !one.FinishedAt.After(seen.last) {
			continue
		}
		seen.last = one.FinishedAt.Time
		seen.phases = append(seen.phases, string(one.Phase))
	}
}

func secretsOf(given map[string]string) []runtime.Object {
	var objects []runtime.Object
	for path, value := range given {
		name, key, _ := strings.Cut(path, "/")
		objects = append(objects, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Data:       map[string][]byte{key: []byte(value)},
		})
	}
	return objects
}
