"Texts: encoders and decoders of their vectors, rows of documents and hypotheses, and the task that judges them"
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "vector_cache": ["VectorCache"],
    "encoder": ["check_texts", "Encoder", "EncoderCounts", "unknown_languages", "Unseen", "warn_languages"],
    "text_encoder": ["packaged_minilm", "TextEncoder"],
    "multilingual": ["E5Encoder", "UseEncoder"],
    "joined": ["JoinedEncoder", "make_encoder"],
    "decoders": ["DecoderReport", "GenerativeTextDecoder", "NearestTextDecoder"],
    "sentences": ["check_text", "split_sentences", "take_text"],
    "rows": ["LABELS", "parse_row", "Row"],
    "splits": ["count_rows", "read_items", "read_rows", "read_splits"],
    "candidates": ["Candidates", "rank_fusion", "Words", "words_of"],
    "alignment": ["Aligned", "Alignment", "draw_alignment", "Tokens", "TokenStates"],
    "reader": ["Calibration", "fitted_to", "Gate", "ReaderNTM"],
    "sessions": ["Answer", "evidence_of", "last_mentions", "looked_at", "sentences_of", "TextBatch", "tokens_of"],
    "judgements": ["chunks", "commit_edges", "Edge", "edge_metrics", "edge_vectors", "evidence_metrics", "f1_of", "gold_edges", "Judgement",
                   "label_metrics", "predicted_edges", "target_of"],
    "calibration": ["calibration_error", "calibration_metrics", "Coverage", "coverage_table", "error_by_chance", "fit_calibration",
                    "fit_gate", "fit_landmarks", "fit_near", "fit_sure", "fit_temperature", "keep_landmarks", "likeness", "likenesses", "reliability_curve", "soften", "sureness_metrics", "unlike_from"],
    "judges": ["Judge", "JudgeCounts", "Question", "train_judge", "weigh", "weigh_all", "weighed_again"],
    "told": ["Told"],
    "seen": ["Glimpse", "Watched"],
    "cdcl_nli": ["CDCLNLITask"],
    "pretrained": ["Card", "card", "pretrained_names"],
    "benchmarks": ["asking_groups", "bank_rows", "bank_steps", "best_threshold", "fold_split", "jsick_rows", "score_bank", "score_evidence", "score_pairs",
                   "score_run", "score_runs", "score_told", "step_metrics", "tree_steps", "write_benchmarks", "write_rows"],
})
