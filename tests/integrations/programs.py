"""Ranks of accelerate and of Lightning."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from typing import Any

import torch
from torch.utils.data import DataLoader

from s3pipes import ClientConfig, ConfigError, FullSync, IterableWrapper, S3Client
from tests.programs.ground import say
from tests.readers.contents import as_numbers


def numbers(fields: dict[str, Any], *, shuffled: bool = False, sharded: bool = True) -> Any:
    """The numbers 0 to 479, unequally many in each rank."""
    client = S3Client(ClientConfig(**fields))
    urls = IterableWrapper(["s3://lines/"]).list_files_by_s3(client=client)
    urls = urls.shuffle() if shuffled else urls
    return as_numbers(urls.sharding_filter() if sharded else urls, client)


def of_hf(urls: list[str], fields: dict[str, Any]) -> Any:
    """Rows of a generator that HF `datasets` runs, with a share of the URLs in each reader."""
    client = S3Client(ClientConfig(**fields))
    for number in as_numbers(IterableWrapper(urls), client):
        yield {"number": number}


def as_row(number: int) -> dict[str, int]:
    return {"number": number}


def column(rows: list[dict[str, int]]) -> dict[str, torch.Tensor]:
    return {"number": torch.tensor([row["number"] for row in rows])}


def prepared(fields: dict[str, Any], how: str, workers: int) -> None:
    """The loader goes through accelerate's prepare(): what comes out, or what it says."""
    from accelerate import Accelerator
    from accelerate.utils import DataLoaderConfiguration

    dispatched = None if how in ("sharded", "not sharded", "stateful") else False
    accelerator = Accelerator(
        dataloader_config=DataLoaderConfiguration(
            dispatch_batches=dispatched, use_stateful_dataloader=how == "stateful"
        )
    )
    pipe: Any = numbers(fields, shuffled=how == "own part, shuffled", sharded="not" not in how)
    if how == "not ours: HF":
        from datasets import IterableDataset

        listed = S3Client(ClientConfig(**fields)).list("s3://lines/")
        given = {"urls": [str(url) for url in listed], "fields": fields}
        pipe = IterableDataset.from_generator(of_hf, gen_kwargs=given)
    try:
        loader: Any = accelerator.prepare(DataLoader(pipe, batch_size=10, num_workers=workers))
        batches = [batch["number"] if how == "not ours: HF" else batch for batch in loader]
        say(json.dumps(torch.cat(batches).tolist()))
    except ConfigError as error:
        say(json.dumps([type(error).__name__, str(error)]))
    accelerator.end_training()


def accelerated(fields: dict[str, Any], workers: int) -> None:
    """As docs/distributed.md has it."""
    from accelerate import Accelerator

    accelerator = Accelerator()
    model: Any = torch.nn.Linear(1, 1)
    model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=1e-9))
    pipe = numbers(fields, shuffled=True)
    loader: DataLoader[Any] = DataLoader(pipe, batch_size=10, num_workers=workers)
    for batches in (loader, FullSync(loader)):
        seen = []
        for batch in batches:
            moved = batch.to(accelerator.device)
            seen += moved.tolist()
            if batches is not loader:
                optimizer.zero_grad()
                accelerator.backward(model(moved[:, None].float()).sum())
                optimizer.step()
        say(json.dumps(seen))
    accelerator.end_training()


def trained_by_hf(fields: dict[str, Any], prepared: bool) -> None:
    """Eight steps of the HF Trainer, with its own way to the loader or with the documented one."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    seen: list[int] = []

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def forward(self, number: torch.Tensor, **_: Any) -> dict[str, torch.Tensor]:
            seen.extend(number.tolist())
            return {"loss": self.layer(number[:, None].float()).sum()}

    class Trainer(transformers.Trainer):  # type: ignore[misc]
        def get_train_dataloader(self) -> Any:
            if prepared:
                return super().get_train_dataloader()
            return DataLoader(self.train_dataset, batch_size=10, collate_fn=column)

    with tempfile.TemporaryDirectory() as folder:
        settings = transformers.TrainingArguments(
            folder,
            max_steps=8,
            per_device_train_batch_size=10,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            remove_unused_columns=False,
        )
        pipe = numbers(fields, shuffled=True).map(as_row)
        trainer = Trainer(Model(), settings, train_dataset=pipe, data_collator=column)
        try:
            trainer.train()
            say(json.dumps(seen))
        except ConfigError as error:
            say(json.dumps([type(error).__name__, str(error)]))
    torch.distributed.destroy_process_group()


def lightened(fields: dict[str, Any], workers: int) -> None:
    """Two epochs of Lightning's, in as many ranks as the environment says."""
    import lightning

    logging.getLogger("lightning").setLevel(logging.ERROR)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    ranks = int(os.environ.get("WORLD_SIZE", "1"))

    class Model(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)
            self.seen: list[int] = []

        def training_step(self, batch: torch.Tensor) -> torch.Tensor:
            self.seen += batch.tolist()
            loss: torch.Tensor = self.layer(batch[:, None].float()).sum()
            return loss

        def on_train_epoch_end(self) -> None:
            say(json.dumps(self.seen))
            self.seen = []

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=1e-9)

    loader: Any = DataLoader(numbers(fields, shuffled=True), batch_size=10, num_workers=workers)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=2,
            accelerator="cpu",
            devices=ranks,
            strategy="ddp" if ranks > 1 else "auto",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        trainer.fit(Model(), FullSync(loader) if ranks > 1 else loader)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
