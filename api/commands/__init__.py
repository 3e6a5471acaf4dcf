"""The commands of `suyuan`, a module a family. `api.cli` names them; `console` is how they speak."""
