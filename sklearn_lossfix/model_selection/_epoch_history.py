"""A recorded training as a `History`, the form in which all trainings are diagnosed."""

from sklearn_lossfix._core._history import History

SPLITS = ("train", "validation")


def history_of(model):
    """Turn what an EarlyStoppingClassifier recorded into a History.

    Parameters
    ----------
    model : fitted EarlyStoppingClassifier
        The recorder.

    Returns
    -------
    History
    """
    recorded, curves = model._recorded, model.history_
    steps = curves["epoch"].astype(float)
    metrics = {
        name: {split: curves[f"{split}_{name}"] for split in SPLITS} for name in recorded["metrics"]
    }
    flipped = ()
    if "validation_refinement" in curves:  # a loss, and not the one that is recorded as such
        metrics["refinement"] = {"validation": -curves["validation_refinement"]}
        flipped = ("refinement",)
    distortions = ["The validation rows also chose the best epoch: its value is optimistic."]
    if recorded["n_train_scored"] < recorded["n_train"]:
        distortions.append(
            f"Training curves are measured on {recorded['n_train_scored']:,} of the "
            f"{recorded['n_train']:,} training rows, the same in every epoch."
        )
    row_losses = getattr(model, "row_losses_", None)
    return History(
        steps=steps,
        loss={split: curves[f"{split}_{recorded['loss']}"] for split in SPLITS},
        metrics=metrics,
        learning_rate=curves.get("learning_rate"),
        source=type(model).__name__,
        loss_name=recorded["loss"],
        loss_kind="log_loss" if recorded["loss"] == "log_loss" else "hinge",
        flipped=flipped,
        distortions=tuple(distortions),
        n_validation=len(model.validation_rows_),
        n_classes=len(model.classes_),
        class_rates=recorded["class_rates"],
        row_losses=row_losses,
        row_right=getattr(model, "row_right_", None),
        row_steps=None if row_losses is None else steps,
        kept_step=float(model.best_epoch_) if model.restore_best else None,
        stop_reason=model.stop_reason_,
    )
