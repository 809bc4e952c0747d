//! A map whose changed copy shares all with it but the way to what was changed. Pure.

use std::array;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

const BITS: u32 = 4;
const WIDTH: usize = 1 << BITS;
/// Below this no bits of the hash are left.
const DEEPEST: u32 = u64::BITS / BITS;
/// More entries than this are spread over branches.
const MOST_IN_LEAF: usize = 8;

/// An entry and its key.
pub(super) struct Item<V> {
    pub(super) key: Arc<str>,
    hash: u64,
    pub(super) value: V,
}

/// The map.
pub(super) struct Tree<V> {
    root: Arc<Node<V>>,
    len: usize,
    /// Keyed anew for each map: nobody can choose user names that fall into one leaf.
    hasher: RandomState,
}

enum Node<V> {
    Leaf(Vec<Arc<Item<V>>>),
    Branch(Box<[Arc<Node<V>>; WIDTH]>),
}

impl<V> Default for Tree<V> {
    fn default() -> Self {
        Self { root: Arc::default(), len: 0, hasher: RandomState::new() }
    }
}

impl<V> Default for Node<V> {
    fn default() -> Self {
        Self::Leaf(Vec::new())
    }
}

impl<V> Tree<V> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, key: &str) -> Option<&Arc<Item<V>>> {
        self.root.get(self.hasher.hash_one(key), key, 0)
    }

    /// The tree with this value for `key`, or without one.
    pub(super) fn with(&self, key: &Arc<str>, value: Option<V>) -> Self {
        let hash = self.hasher.hash_one(&**key);
        let had = usize::from(self.root.get(hash, key, 0).is_some());
        let len = self.len - had + usize::from(value.is_some());
        let item = value.map(|value| Arc::new(Item { key: Arc::clone(key), hash, value }));
        Self { root: Arc::new(self.root.with(hash, key, item, 0)), len, hasher: self.hasher.clone() }
    }

    /// The tree with those entries alone that are to be kept.
    pub(super) fn keeping(&self, keep: impl Fn(&V) -> bool) -> Self {
        let root = Node::keeping(&self.root, &keep);
        Self { len: root.len(), root, hasher: self.hasher.clone() }
    }

    pub(super) fn values(&self) -> Vec<&V> {
        let mut values = Vec::with_capacity(self.len);
        self.root.collect(&mut values);
        values
    }
}

impl<V> Node<V> {
    fn get(&self, hash: u64, key: &str, depth: u32) -> Option<&Arc<Item<V>>> {
        match self {
            Self::Leaf(items) => items.iter().find(|item| item.hash == hash && *item.key == *key),
            Self::Branch(children) => children[slot(hash, depth)].get(hash, key, depth + 1),
        }
    }

    fn with(&self, hash: u64, key: &str, item: Option<Arc<Item<V>>>, depth: u32) -> Self {
        match self {
            Self::Leaf(items) => {
                let others = items.iter().filter(|other| other.hash != hash || *other.key != *key).cloned();
                Self::made_of(others.chain(item).collect(), depth)
            }
            Self::Branch(children) => {
                let (mut children, is_less) = (children.clone(), item.is_none());
                let changed = &mut children[slot(hash, depth)];
                *changed = Arc::new(changed.with(hash, key, item, depth + 1));
                if is_less { Self::joined(children) } else { Self::Branch(children) }
            }
        }
    }

    fn made_of(items: Vec<Arc<Item<V>>>, depth: u32) -> Self {
        if items.len() <= MOST_IN_LEAF || depth >= DEEPEST {
            return Self::Leaf(items);
        }
        let mut parts: [Vec<_>; WIDTH] = array::from_fn(|_| Vec::new());
        for item in items {
            parts[slot(item.hash, depth)].push(item);
        }
        Self::Branch(Box::new(parts.map(|part| Arc::new(Self::made_of(part, depth + 1)))))
    }

    /// A branch that is nearly empty is a leaf again: nothing is left of what was removed.
    fn joined(children: Box<[Arc<Self>; WIDTH]>) -> Self {
        let mut items = Vec::new();
        for child in children.iter() {
            match &**child {
                Self::Leaf(some) if items.len() + some.len() <= MOST_IN_LEAF / 2 => items.extend_from_slice(some),
                _ => return Self::Branch(children),
            }
        }
        Self::Leaf(items)
    }

    fn keeping(this: &Arc<Self>, keep: &impl Fn(&V) -> bool) -> Arc<Self> {
        match &**this {
            Self::Leaf(items) if items.iter().all(|item| keep(&item.value)) => Arc::clone(this),
            Self::Leaf(items) => Arc::new(Self::Leaf(items.iter().filter(|item| keep(&item.value)).cloned().collect())),
            Self::Branch(children) => {
                let kept = array::from_fn(|at| Self::keeping(&children[at], keep));
                let is_same = kept.iter().zip(children.iter()).all(|(kept, child)| Arc::ptr_eq(kept, child));
                if is_same { Arc::clone(this) } else { Arc::new(Self::joined(Box::new(kept))) }
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Leaf(items) => items.len(),
            Self::Branch(children) => children.iter().map(|child| child.len()).sum(),
        }
    }

    fn collect<'a>(&'a self, values: &mut Vec<&'a V>) {
        match self {
            Self::Leaf(items) => values.extend(items.iter().map(|item| &item.value)),
            Self::Branch(children) => children.iter().for_each(|child| child.collect(values)),
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // four bits
fn slot(hash: u64, depth: u32) -> usize {
    (hash >> (depth * BITS)) as usize % WIDTH
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn nodes<V>(node: &Arc<Node<V>>, found: &mut Vec<*const Node<V>>) {
        found.push(Arc::as_ptr(node));
        if let Node::Branch(children) = &**node {
            children.iter().for_each(|child| nodes(child, found));
        }
    }

    #[test]
    fn it_holds_what_a_hash_map_holds() {
        let (mut tree, mut map) = (Tree::default(), HashMap::new());
        let mut random = fastrand::Rng::with_seed(1);
        for step in 0..20_000 {
            let key: Arc<str> = format!("key {}", random.u32(..600)).into();
            let value = (random.u32(..1000) < if step < 10_000 { 700 } else { 200 }).then_some(step);
            tree = tree.with(&key, value);
            match value {
                Some(value) => map.insert(Arc::clone(&key), value),
                None => map.remove(&key),
            };
            assert_eq!(tree.len(), map.len());
            assert_eq!(tree.get(&key).map(|item| &item.value), map.get(&key));
        }
        assert!(
            map.iter().all(|(key, value)| tree.get(key).is_some_and(|item| item.value == *value && item.key == *key))
        );
        map.retain(|_, value| *value % 3 == 0);
        let kept = tree.keeping(|value| value % 3 == 0);
        assert_eq!((kept.len(), kept.values().len()), (map.len(), map.len()));
        assert!(map.iter().all(|(key, value)| kept.get(key).is_some_and(|item| item.value == *value)));
    }

    #[test]
    fn a_write_makes_anew_only_the_way_to_its_key() {
        let mut tree = Tree::default();
        for number in 0..100_000 {
            tree = tree.with(&format!("key {number}").into(), Some(number));
        }
        let mut before = Vec::new();
        nodes(&tree.root, &mut before);
        let before: std::collections::HashSet<_> = before.into_iter().collect();
        for value in [Some(1), None] {
            let (changed, mut after) = (tree.with(&"key 5000".into(), value), Vec::new());
            nodes(&changed.root, &mut after);
            let made = after.iter().filter(|node| !before.contains(*node)).count();
            // Sixteen to the power of five are more than there are entries; a full leaf may part once more.
            assert!((1..=7).contains(&made), "{made} nodes of {}", after.len());
        }
        let none = tree.keeping(|_| false);
        let mut left = Vec::new();
        nodes(&none.root, &mut left);
        assert_eq!((none.len(), left.len()), (0, 1), "nothing is left of what was removed");
    }
}
