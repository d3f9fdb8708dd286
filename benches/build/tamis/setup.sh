# The four scripts as a manifest: ingest = [collect], clean = [schema], split = [split], release = [release].
case $SCENARIO in
one) FILES='raw/data.jsonl' ID=id ;;
dir) FILES='raw/*/*.json' ID=path ;; # a file copied under another name is one more sample, as it is for the scripts
*)
  echo "tamis builds data sets, not one file from each file: the scenario $SCENARIO does not apply" >&2
  exit 1
  ;;
esac
cat > dataset.toml <<TOML
tamis = "0.1"

[dataset]
name = "bench"
version = "0.1.0"
license = "CC0-1.0"

[collect.raw]
direct = { files = ["$FILES"], format = "jsonl" }
fields = { number = "id", ok = "ok", label = "label", text = "text" }
id = "$ID"
license = "CC0-1.0"

[schema]
number = { int = {} }
ok = { int = { min = 1 } }
label = { text = {} }
text = { text = { chars_min = 40 } }

[split]
ratios = { train = 0.8, val = 0.1, test = 0.1 }
seed = 7

[release.public]
formats = ["jsonl"]
columns = ["id", "number", "ok", "label", "text", "split"]
TOML
