"""Proof (对账自证): what must hold of everything that is stored."""
