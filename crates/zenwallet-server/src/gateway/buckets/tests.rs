//! Nodes that share buckets through a table, simulated by the millisecond: when each has its round, how long the database
//! takes and where the requests go is drawn by lot.

use super::*;
use std::collections::VecDeque;
use std::ops::Range;
use zenwallet_core::id::IdSource;

const START: Timestamp = Timestamp::from_ms(1_769_423_700_000);
const ROUND_MS: u64 = 100;
/// How long the database may take to answer.
const ANSWER_MS: u64 = 20;
/// From a request on one node to its charge on another, at most: it waits for a round of each.
const LAG_S: f64 = (2 * (ROUND_MS + ANSWER_MS)) as f64 / 1_000.0;

struct Dice(IdSource);

impl Dice {
    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes) % end
    }
}

/// A round under way: when the database answers, what was told, and what is heard.
type Answer = (u64, Vec<KeyUse>, Vec<(String, KeyUse)>);

/// A node with its round.
struct Node {
    name: String,
    buckets: Buckets,
    bucket: Arc<Bucket>,
    next_round_ms: u64,
    answer: Option<Answer>,
}

struct World {
    key: KeyId,
    policy: Policy,
    nodes: Vec<Node>,
    table: HashMap<String, KeyUse>,
    dice: Dice,
    now_ms: u64,
    /// Requests let in by all nodes, by the millisecond.
    let_in: Vec<u64>,
    /// One bucket that is charged at once, as a single node's would be.
    single_full_at_ns: i64,
    database_is_away: bool,
}

impl World {
    fn new(seed: u64, nodes: usize, per_s: u32) -> Self {
        let dice = Dice(IdSource::seeded(seed));
        let mut world = Self {
            key: KeyId::from_bytes([1; 16]),
            policy: Policy::per_second(per_s),
            nodes: Vec::new(),
            table: HashMap::new(),
            dice,
            now_ms: 0,
            let_in: Vec::new(),
            single_full_at_ns: 0,
            database_is_away: false,
        };
        world.nodes = (0..nodes).map(|number| world.node(number)).collect();
        world
    }

    fn node(&self, number: usize) -> Node {
        let buckets = Buckets::default();
        let bucket = buckets.of(self.key, self.policy);
        let next_round_ms = self.now_ms + self.dice.below(ROUND_MS);
        Node { name: format!("node {number}"), buckets, bucket, next_round_ms, answer: None }
    }

    fn now(&self) -> Timestamp {
        START.plus_ms(i64::try_from(self.now_ms).unwrap())
    }

    /// One millisecond in which so many requests come to each node.
    fn step(&mut self, demand: &[u64]) {
        let (now, mut let_in) = (self.now(), 0);
        for (node, requests) in self.nodes.iter_mut().zip(demand) {
            let passed = (0..*requests).filter(|_| node.bucket.admit(self.policy, now).allowed).count() as u64;
            let_in += passed;
        }
        self.let_in.push(let_in);
        let base = self.single_full_at_ns.max(as_ns(now));
        self.single_full_at_ns = base + i64::try_from(let_in).unwrap() * 1_000_000_000 / i64::from(self.policy.per_s);
        for place in 0..self.nodes.len() {
            self.round_of(place);
        }
        self.now_ms += 1;
    }

    fn round_of(&mut self, place: usize) {
        let (now, now_ms) = (self.now(), self.now_ms);
        let node = &mut self.nodes[place];
        if let Some((at_ms, told, heard)) = node.answer.take_if(|(at_ms, ..)| *at_ms <= now_ms) {
            node.buckets.hear(&told, &heard, now);
            node.next_round_ms = at_ms + ROUND_MS;
        }
        if node.answer.is_none() && node.next_round_ms <= now_ms {
            let told = node.buckets.to_tell(now);
            node.next_round_ms = now_ms + ROUND_MS;
            if told.is_empty() || self.database_is_away {
                return;
            }
            self.table.extend(told.iter().map(|told| (node.name.clone(), *told)));
            let others = self.table.iter().filter(|(name, _)| **name != node.name);
            let heard = others.map(|(name, told)| (name.clone(), *told)).collect();
            node.answer = Some((now_ms + self.dice.below(ANSWER_MS), told, heard));
        }
    }

    fn run_ms(&mut self, ms: u64, demand: &[u64]) {
        (0..ms).for_each(|_| self.step(demand));
    }

    fn admitted(&self, span_ms: Range<usize>) -> f64 {
        self.let_in[span_ms].iter().sum::<u64>() as f64
    }

    /// What one node would have let in, as a part of what was.
    fn excess(&self, span_ms: Range<usize>, burst: u32) -> f64 {
        let allowed = f64::from(burst) + f64::from(self.policy.per_s) * span_ms.len() as f64 / 1_000.0;
        self.admitted(span_ms) / allowed
    }

    /// Seconds of refilling that a node's bucket lacks beyond what all nodes have let in.
    fn unjust_s(&self, node: &Node) -> f64 {
        let level = |full_at_ns: i64| (full_at_ns - as_ns(self.now())).max(0);
        let here = level(node.bucket.full_at_ns.load(Ordering::Relaxed));
        (here - level(self.single_full_at_ns)) as f64 / 1e9
    }
}

/// Every window of ten seconds once the bursts are paid back.
fn check_windows(world: &World, paid_back_ms: usize, what: &str) {
    for from in (paid_back_ms..world.let_in.len().saturating_sub(10_000)).step_by(50) {
        let excess = world.excess(from..from + 10_000, 0);
        assert!((0.9..=1.1).contains(&excess), "{what}: {excess:.3} from {from} ms on");
    }
}

#[test]
fn saturated_nodes_pass_together_what_one_would() {
    for seed in 0..40 {
        let nodes = 1 + (seed % 5) as usize;
        let per_s = [20, 50, 200, 1_000][(seed / 5 % 4) as usize];
        let mut world = World::new(seed, nodes, per_s);
        // The first node gets all it can take, the others more or less of that.
        let demand: Vec<u64> = (0..nodes).map(|n| if n == 0 { 20 } else { world.dice.below(20) }).collect();
        world.run_ms(30_000, &demand);
        let what = format!("seed {seed}: {nodes} nodes, {per_s}/s, {demand:?}");
        let bursts_s = 2 * nodes;
        check_windows(&world, bursts_s * 1_000, &what);
        let (rate, burst) = (f64::from(per_s), f64::from(world.policy.burst));
        let lagging = (nodes - 1) as f64 * (LAG_S * rate + 1.0);
        // Before they hear of each other, each lets its burst in.
        let most = nodes as f64 * (burst + LAG_S * rate);
        for end in (100..30_000).step_by(100) {
            let (allowed, admitted) = (burst + rate * end as f64 / 1_000.0, world.admitted(0..end));
            assert!(admitted <= (allowed + lagging).max(most) + 1.0, "{what}: {admitted} within {end} ms");
        }
    }
}

#[test]
fn nodes_that_each_stay_below_the_rate_keep_it_together() {
    let mut world = World::new(3, 3, 200);
    // Every bucket here would be full again before the next request, if it heard of no other.
    for ms in 0..40_000_u64 {
        world.step(&[u64::from(ms % 6 == 0), u64::from(ms % 6 == 2), u64::from(ms % 6 == 4)]);
    }
    check_windows(&world, 2_000, "five requests for every two that may pass");
}

#[test]
fn wherever_the_requests_go_no_node_is_locked_out_for_more_than_was_let_in() {
    for seed in 0..40 {
        let nodes = 2 + (seed % 4) as usize;
        let mut world = World::new(seed, nodes, 200);
        for _ in 0..40 {
            let demand: Vec<u64> =
                (0..nodes).map(|_| if world.dice.below(2) == 0 { 0 } else { world.dice.below(8) }).collect();
            for _ in 0..1 + world.dice.below(1_500) {
                world.step(&demand);
                for node in &world.nodes {
                    let unjust = world.unjust_s(node);
                    assert!(
                        unjust <= LAG_S * (nodes - 1) as f64 + 0.1,
                        "seed {seed}: {} lacks {unjust:.3} s",
                        node.name
                    );
                }
            }
        }
        // Buckets that are full again each let their burst in, however often.
        let rate = f64::from(world.policy.per_s);
        let bursts = nodes as f64 * (f64::from(world.policy.burst) + LAG_S * rate);
        for from in (0..world.let_in.len().saturating_sub(10_000)).step_by(250) {
            let admitted = world.admitted(from..from + 10_000);
            assert!(admitted <= bursts + 10.0 * rate, "seed {seed}: {admitted} from {from} ms on");
        }
    }
}

#[test]
fn a_node_that_joins_or_comes_back_begins_where_the_others_are() {
    for seed in 0..40 {
        let mut world = World::new(seed, 3, 200);
        world.run_ms(6_000, &[5, 5, 0]);
        // The third has never been used; the second is killed and started again.
        world.nodes[1] = world.node(1);
        world.run_ms(20_000, &[5, 5, 5]);
        // Two full buckets were let in beside what the rate allows, and are paid back: four seconds.
        check_windows(&world, 10_500, &format!("seed {seed}"));
        assert!(world.excess(0..26_000, world.policy.burst) <= 1.03, "seed {seed}: nothing is given away for good");
    }
}

#[test]
fn a_light_use_of_one_node_takes_nothing_from_another() {
    let mut world = World::new(7, 2, 200);
    for second in 0..60 {
        for _ in 0..999 {
            world.step(&[0, 0]);
        }
        world.step(&[20, u64::from(second % 7 == 0)]);
        assert_eq!(world.let_in.last(), Some(&(20 + u64::from(second % 7 == 0))));
    }
    world.run_ms(400, &[0, 0]);
    assert_eq!(world.nodes[1].bucket.admit(world.policy, world.now()).remaining, world.policy.burst - 1);
}

#[test]
fn after_an_outage_of_the_database_nobody_pays_for_what_has_been_refilled() {
    for seed in 0..20 {
        let mut world = World::new(seed, 3, 200);
        world.run_ms(8_000, &[5, 5, 5]);
        world.database_is_away = true;
        let away_from = world.let_in.len();
        world.run_ms(30_000, &[5, 5, 5]);
        let apart = world.admitted(away_from..away_from + 30_000) / 6_000.0;
        assert!((2.8..3.1).contains(&apart), "each keeps its own limit: {apart}");
        world.database_is_away = false;
        let back_from = world.let_in.len();
        world.run_ms(20_000, &[5, 5, 5]);
        // What was in each bucket is one debt now: six seconds, two of them the bucket's own.
        let first = world.let_in[back_from + 300..].iter().position(|let_in| *let_in > 0).unwrap();
        assert!(first <= 4_500, "seed {seed}: {first} ms");
        check_windows(&world, back_from + 5_000, &format!("seed {seed}"));
    }
}

#[test]
fn idle_keys_are_forgotten_and_tell_nothing() {
    let mut world = World::new(1, 2, 200);
    world.run_ms(500, &[1, 0]);
    world.run_ms(4_000, &[0, 0]);
    assert!(world.nodes[0].buckets.to_tell(world.now()).is_empty());
    let now = world.now();
    let node = &mut world.nodes[0];
    node.buckets.forget_full(now);
    assert_eq!(node.buckets.round().shared.len(), 1, "a caller still holds it");
    node.bucket = Arc::default();
    node.buckets.forget_full(now);
    assert!(node.buckets.round().shared.is_empty());
}

#[test]
fn a_clock_set_back_by_an_hour_locks_nobody_out() {
    let (bucket, policy) = (Bucket::default(), Policy::per_second(10));
    (0..20).for_each(|_| assert!(bucket.admit(policy, START).allowed));
    let back = START.plus_s(-3_600);
    let refused = bucket.admit(policy, back);
    assert_eq!((refused.allowed, refused.retry_after_s, refused.reset_s), (false, 1, 2));
    assert!(bucket.admit(policy, back.plus_s(1)).allowed);
}

/// The rounds in the order of a list, for cases that are written by hand.
#[test]
fn rounds_are_exact_where_nothing_happens_in_between() {
    let (policy, key) = (Policy::per_second(100), KeyId::from_bytes([1; 16]));
    let (one, two) = (Buckets::default(), Buckets::default());
    let (here, there) = (one.of(key, policy), two.of(key, policy));
    let mut table: VecDeque<(String, KeyUse)> = VecDeque::new();
    let mut round = |name: &str, buckets: &Buckets| {
        let told = buckets.to_tell(START);
        table.retain(|(node, _)| node != name);
        let heard: Vec<_> = table.iter().cloned().collect();
        table.extend(told.iter().map(|told| (name.to_owned(), *told)));
        buckets.hear(&told, &heard, START);
    };
    (0..50).for_each(|_| assert!(here.admit(policy, START).allowed));
    round("one", &one);
    // First heard of a node that had just begun, then of one that knows of the other.
    assert_eq!(there.admit(policy, START).remaining, 199);
    round("two", &two);
    assert_eq!(there.admit(policy, START).remaining, 148);
    round("one", &one);
    assert_eq!(here.admit(policy, START).remaining, 148);
    round("two", &two);
    round("one", &one);
    round("two", &two);
    assert_eq!((here.admit(policy, START).remaining, there.admit(policy, START).remaining), (146, 146));
}
