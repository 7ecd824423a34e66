"""Inputs: weights and speech, fetched, made and verified.  How manifests are written: docs/assets.md."""

from bench.assets.hashes import sha256_of
from bench.assets.manifest import FileRecipe
from bench.assets.progress import Need, NeedKind, Progress
from bench.assets.speech.clips import clip_needs, fetch_clip, own_clip, read_corpus, recipe_of
from bench.assets.speech.corpora import Corpus
from bench.assets.weights import fetch_weights, needs, quantizations, read_model
from bench.places import cache_root

__all__ = [
    "Corpus",
    "FileRecipe",
    "Need",
    "NeedKind",
    "Progress",
    "cache_root",
    "clip_needs",
    "fetch_clip",
    "fetch_weights",
    "needs",
    "own_clip",
    "quantizations",
    "read_corpus",
    "read_model",
    "recipe_of",
    "sha256_of",
]
