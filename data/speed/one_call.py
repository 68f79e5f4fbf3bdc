"""Training steps of eight networks of one shape in one call, beside one network after the other.

python data/speed/one_call.py BATCH_SIZE STEPS TURNS prints a row of one_call.jsonl: microseconds a batch, the least of the turns.
alone: one after the other. one, two: in one call, shared by so many threads. path: processor time along the longest
path through the threads, which is the time on cores that nothing else uses."""
import json, math, sys, time
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import torch
torch.set_num_threads(1)
from dualntm import make_trainer
from dualntm.ntm.episode import backward_kernel, forward_kernel, piece, Slopes, Tape
from dualntm.ntm.training_step import turn_kernel, start_kernel, output_kernel, slopes_kernel, weight_kernel, first_kernel, graves_kernel
opts = dict(fastmath={"reassoc", "contract", "arcp", "nsz"}, error_model="numpy", nogil=True)

@numba.njit(**opts)
def cut(at, size): return at + -(-size // 16) * 16

@numba.njit(**opts)
def carve(r, T, B, N, M, J, plan):
    L, H, K, I = plan.layers, plan.size, plan.kinds.shape[0], plan.inputs + plan.heard + plan.layers * plan.size
    W, G = plan.kinds.sum(), 4 * plan.size if plan.lstm else plan.size
    c = B * L * H if plan.lstm else 1
    cb, cl, ch = (B, L, H) if plan.lstm else (1, 1, 1)
    ct = T + 1 if plan.lstm else 1
    a = 0
    rows = r[a:a+(T+1)*B*I].reshape(T+1,B,I); a = cut(a, rows.size)
    gates = r[a:a+L*T*B*G].reshape(L,T,B,G); a = cut(a, gates.size)
    cells = r[a:a+ct*c].reshape(ct,cb,cl,ch); a = cut(a, cells.size)
    asks = r[a:a+T*B*J].reshape(T,B,J); a = cut(a, asks.size)
    mem = r[a:a+(T*W+1)*B*M*N].reshape(T*W+1,B,M,N); a = cut(a, mem.size)
    lens = r[a:a+(T*W+1)*B*N].reshape(T*W+1,B,N); a = cut(a, lens.size)
    ws = r[a:a+(T+1)*B*K*N].reshape(T+1,B,K,N); a = cut(a, ws.size)
    st = r[a:a+T*B*K*3*N].reshape(T,B,K,3,N); a = cut(a, st.size)
    tape = Tape(rows, gates, cells, asks, mem, lens, ws, st)
    drows = r[a:a+(T+1)*B*I].reshape(T+1,B,I); a = cut(a, drows.size)
    dgates = r[a:a+L*T*B*G].reshape(L,T,B,G); a = cut(a, dgates.size)
    dcells = r[a:a+c].reshape(cb,cl,ch); a = cut(a, dcells.size)
    dasks = r[a:a+T*B*J].reshape(T,B,J); a = cut(a, dasks.size)
    dmem = r[a:a+B*M*N].reshape(B,M,N); a = cut(a, dmem.size)
    dws = r[a:a+B*K*N].reshape(B,K,N)
    return tape, Slopes(drows, dgates, dcells, dasks, dmem, dws)

@numba.njit(**opts)
def answer_all(seeds, plan, places, values, packed, entry, memory, room, x, steps, B, J, outs):
    N, M = memory.shape[1:]
    for s in seeds:
        T, O = steps[s], places.output[2]
        tape, slopes = carve(room[s], T, B, N, M, J, plan)
        inputs, out = x[s, :T*B*plan.inputs].reshape(T, B, plan.inputs), outs[s, :T*B*O].reshape(T, B, O)
        turn_kernel(plan, places, values[s], packed[s], entry[s])
        start_kernel(0, B, plan, places, values[s], entry[s], memory[s], inputs, tape)
        forward_kernel(0, B, plan, packed[s], tape)
        output_kernel(0, B, plan, places, values[s], tape, out)

@numba.njit(**opts)
def learn_all(seeds, plan, places, values, grads, n, m, delta, packed, memory, room, steps, B, J, douts, rates, norms, most, alpha, mu, eps):
    N, M = memory.shape[1:]
    for s in seeds:
        T, O, H = steps[s], places.output[2], plan.size
        tape, slopes = carve(room[s], T, B, N, M, J, plan)
        g, d = grads[s], douts[s, :T*B*O].reshape(T, B, O)
        g[:] = 0
        slopes_kernel(0, B, plan, places, values[s], d, slopes)
        backward_kernel(0, B, plan, packed[s], slopes, tape)
        I = tape.rows.shape[2]
        old, new = tape.rows[:-1].reshape(T*B, I), tape.rows[1:].reshape(T*B, I)
        heard, top, G, d2 = plan.inputs + plan.heard, I - H, tape.gates.shape[3], d.reshape(T*B, O)
        for l in range(plan.layers):
            at, z = places.layers[l], slopes.gates[l].reshape(T*B, G)
            if l: weight_kernel(0, G, g, at[0], H, 0, H, at[-1], z, 0, new, heard + (l-1)*H)
            else: weight_kernel(0, G, g, at[0], heard, 0, heard, at[-1], z, 0, old, 0)
            if plan.lstm: weight_kernel(0, G, g, at[1], H, 0, H, at[2], z, 0, old, heard + l*H)
        ask, za = 0, slopes.asks.reshape(T*B, J)
        for k in range(places.heads.shape[0]):
            w, b, j = places.heads[k]
            weight_kernel(0, j, g, w, H, 0, H, b, za, ask, new, top)
            ask += j
        weight_kernel(0, O, g, places.output[0], H + plan.reads, 0, H, places.output[1], d2, 0, new, top)
        if plan.reads: weight_kernel(0, O, g, places.output[0], H + plan.reads, H, plan.reads, -1, d2, 0, new, plan.inputs)
        first_kernel(plan, places, slopes, tape, g)
        total = 0.
        for i in range(g.shape[0]): total += g[i] * g[i]
        norms[s] = math.sqrt(total)
        if norms[s] > most:
            by = g.dtype.type(most / norms[s])
            for i in range(g.shape[0]): g[i] *= by
        graves_kernel(values[s], g, n[s], m[s], delta[s], rates[s], alpha, mu, eps)

pool, longest = ThreadPoolExecutor(8), [0.]
def timed(kernel, seeds, args):
    start = time.thread_time(); kernel(seeds, *args)
    return time.thread_time() - start

def shared(kernel, cost, threads, *args):
    "Longest first to the thread that has least."
    parts, loads = [[] for _ in range(threads)], [0.] * threads
    for s in np.argsort(-cost): k = int(np.argmin(loads)); parts[k].append(s); loads[k] += cost[s] + 4
    others = [pool.submit(timed, kernel, np.array(p), args) for p in parts[1:]]
    mine = timed(kernel, np.array(parts[0]), args)
    longest[0] += max(mine, *(o.result() for o in others), 0.) - mine

class Together:
    def __init__(self, trainers, threads):
        self.T, self.threads = trainers, threads
        steps = [t.optimiser.training_step(t.net) for t in trainers]
        self.task, st, self.S, self.B = trainers[0].task, steps[0], len(steps), trainers[0].training.batch_size
        kind, S = st.values.dtype, len(steps)
        self.plan, self.places, self.J = st.plan, st.places, st.asks
        flats = [t.optimiser.flats[0] for t in trainers]
        states = [t.optimiser.state[f.params[0]] for t, f in zip(trainers, flats)]
        self.values = np.stack([f.values.numpy() for f in flats]); self.grads = np.zeros_like(self.values)
        self.n, self.m, self.delta = (np.stack([s[k].numpy() for s in states]) for k in ("n", "m", "delta"))
        self.packed, self.entry = np.empty((S, len(st.packed)), kind), np.empty((S, len(st.entry)), kind)
        self.memory = np.stack([t.net.memory.numpy() for t in trainers])
        most = 41
        tape, sl = st.room.cut(self.plan, (most, self.B, *self.memory.shape[1:], self.J))
        self.room = np.empty((S, len(st.room.numbers)), kind)
        self.x, self.outs = np.empty((S, most*self.B*self.plan.inputs), kind), np.empty((S, most*self.B*int(self.places.output[2])), kind)
        self.douts, self.norms, self.rates, self.steps = np.empty_like(self.outs), np.empty(S), np.full(S, trainers[0].training.rmsprop_lr), np.zeros(S, np.int64)
    def step(self):
        B, I, O = self.B, self.plan.inputs, int(self.places.output[2])
        batches = [t.draw() for t in self.T]
        for s, b in enumerate(batches):
            self.steps[s] = len(b.inputs); self.x[s, :b.inputs.numel()] = b.inputs.numpy().reshape(-1)
        cost = self.steps.astype(float)
        shared(answer_all, cost, self.threads, self.plan, self.places, self.values, self.packed, self.entry, self.memory, self.room, self.x, self.steps, B, self.J, self.outs)
        scores = []
        for s, (t, b) in enumerate(zip(self.T, batches)):
            T = self.steps[s]
            score, d = t.task.slope(torch.from_numpy(self.outs[s, :T*B*O].reshape(T, B, O)), b)
            self.douts[s, :T*B*O] = d.numpy().reshape(-1); scores.append(score)
        g = self.T[0].optimiser.param_groups[0]
        shared(learn_all, cost, self.threads, self.plan, self.places, self.values, self.grads, self.n, self.m, self.delta, self.packed, self.memory, self.room, self.steps, B, self.J,
               self.douts, self.rates, self.norms, 10., g["alpha"], g["momentum"], g["eps"])
        return scores

def make(size, S, **more):
    out = [make_trainer("copy", seed=s+1, engine="fused", num_batches=10**6, batch_size=size, **more) for s in range(S)]
    for t in out: t.net.use_threads(1)
    return out
if __name__ == "__main__":
    size, N, S = int(sys.argv[1]), int(sys.argv[2]), 8
    a = make(size, S)
    both = {k: Together(make(size, S), k) for k in (1, 2)}
    want = [[t.train_batch() for t in a] for _ in range(20)]
    for together in both.values():  # the numbers are those of each network alone, to the last bit
        assert [together.step() for _ in range(20)] == want
        assert all((values == t.optimiser.flats[0].values.numpy()).all() for values, t in zip(together.values, a))
    def alone():
        for t in a:
            for _ in range(N): t.train_batch()
    def reset(ts):
        for t in ts: t.generator.manual_seed(t.seed)
    ways = {"alone": alone, **{k: (lambda tog: lambda: [tog.step() for _ in range(N)])(tog) for k, tog in both.items()}}
    wall, cpu, idle = ({k: [] for k in ways} for _ in range(3))
    for _ in range(int(sys.argv[3])):
        for k, way in ways.items():
            reset(a if k == "alone" else both[k].T); longest[0] = 0.
            w, p, m = time.perf_counter(), time.process_time(), time.thread_time(); way()
            wall[k].append(time.perf_counter() - w); cpu[k].append(time.process_time() - p); idle[k].append(time.thread_time() - m + longest[0])
    row = {"task": "copy", "batch_size": size, "seeds": S, "steps": N, "turns": int(sys.argv[3])}
    for name, what in (("wall", wall), ("processor", cpu), ("path", idle)):
        for k, times in what.items(): row[f"{name}_{ {1: 'one', 2: 'two'}.get(k, k)}"] = round(1e6 * min(times) / N / S)
    print(json.dumps(row | {"date": time.strftime("%Y-%m-%d"), "command": "data/speed/one_call.py " + " ".join(sys.argv[1:])}))
